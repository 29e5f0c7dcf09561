/**
 * Push gossip in its plainest form: Demers et al., "Epidemic Algorithms for Replicated Database Maintenance", 1987,
 * section 1.3 (push), without any comparison beforehand.
 *
 * Every interval a member tells its whole versioned map to a few random others, who keep the newer version of each key.
 * Nothing is asked and nothing is answered: a round costs fanout times the state, equal maps included, and that is what
 * anti-entropy's digests save.
 *
 * Liars: any number may keep entries back or repeat old messages; whatever else they say is believed.
 */
import {
  createReplica,
  operateReplica,
  type Replica,
  restoreReplica,
  takeEntry,
  viewReplica,
} from '../primitives/replica.ts';
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
      for (const entry of entriesIn(event.message)) takeEntry(state, entry, ctx);
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

function tell(state: Replica, ctx: Ctx, quirks: PushQuirks): void {
  const messages = stateMessages(state.map.sorted());
  const told = quirks.firstPartOnly ? messages.slice(0, 1) : messages;
  for (const peer of ctx.peers.sample(ctx.settings.fanout)) for (const message of told) ctx.send(peer, message);
}
