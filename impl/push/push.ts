/**
 * Push gossip in its plainest form: Demers et al., "Epidemic Algorithms for Replicated Database Maintenance", 1987,
 * section 1.3 (push), without any comparison beforehand.
 *
 * Every interval a member tells its whole versioned map to a few random others, who keep the newer version of each key.
 * Nothing is asked and nothing is answered: a round costs fanout times the state, equal maps included, and that is what
 * anti-entropy's digests save.
 *
 * Liars: any number may keep entries back, repeat old messages or send too many; whatever else they say is believed.
 */
import {
  createReplica,
  operateReplica,
  type Replica,
  restoreReplica,
  takeEntry,
  viewReplica,
} from '../primitives/replica.ts';
import type { Entry } from '../primitives/versioned-map.ts';
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { pushBounds, pushClaims, pushTolerates } from './claims.ts';
import { pushLies } from './lies.ts';
import { decodeMessage, entriesIn, type Message, stateMessages } from './messages.ts';
import { type PushSettings, pushSettings } from './settings.ts';

/** Ways in which a planted bug differs; the real protocol has none of them. */
export interface PushQuirks {
  /** Of a state that needs several datagrams only the first is sent. */
  readonly firstPartOnly?: boolean;
}

type Ctx = Context<Message, PushSettings>;

export function createPush(
  name: string,
  summary: string,
  quirks: PushQuirks = {},
): Protocol<Replica, Message, Data, PushSettings> {
  return {
    name,
    summary,
    source: 'Demers et al. 1987, section 1.3',
    role: 'map',
    workloads: ['register'],
    settings: pushSettings,
    converges: true,
    sparse: true,
    claims: pushClaims,
    bounds: pushBounds,
    init: (ctx) => createReplica(ctx.roster),
    handle: (state, event, ctx) => handle(state, event, ctx, quirks),
    view: viewReplica,
    decode: decodeMessage,
    kindOf: (message) => message.type,
    lies: pushLies,
    tolerates: pushTolerates,
    sometimes: {
      'older-refused': { doc: 'an entry is pushed that is older than the one held' },
      'write-meets-tombstone': { doc: 'a value is pushed that is older than the deletion of its key held here' },
      'told-in-parts': { doc: 'a state takes several datagrams, each of which may be lost without the others' },
    },
  };
}

export const push = createPush('push', 'versioned map, told as a whole to random members every interval');

function handle(state: Replica, event: ProtocolEvent<Message>, ctx: Ctx, quirks: PushQuirks): void {
  switch (event.type) {
    case 'start':
      restoreReplica(state, event.restored ?? []);
      // Members start their rounds at times of their own.
      ctx.setTimer(ctx.random.next() * ctx.settings.intervalMs, 'round');
      return;
    case 'timer':
      tell(state, ctx, quirks);
      ctx.setTimer(ctx.settings.intervalMs, 'round');
      return;
    case 'message':
      for (const entry of entriesIn(event.message)) if (!takeEntry(state, entry, ctx)) watchRefused(state, entry, ctx);
      return;
    case 'operation':
      operateReplica(state, event, ctx);
      return;
    case 'leave':
      // One last round, for what nobody else has yet.
      tell(state, ctx, quirks);
      return;
    case 'membership':
      return;
  }
}

/** What was not taken is mostly what is held; what is older may have raced a write or a deletion. */
function watchRefused(state: Replica, entry: Entry, ctx: Ctx): void {
  const held = state.map.get(entry.key);
  if (held === undefined || held.version <= entry.version) return;
  ctx.reach('older-refused');
  if (held.value === null && entry.value !== null) ctx.reach('write-meets-tombstone');
}

function tell(state: Replica, ctx: Ctx, quirks: PushQuirks): void {
  const messages = stateMessages(state.map.sorted());
  if (messages.length > 1) ctx.reach('told-in-parts');
  const told = quirks.firstPartOnly ? messages.slice(0, 1) : messages;
  for (const peer of ctx.peers.sample(ctx.settings.fanout)) for (const message of told) ctx.send(peer, message);
}
