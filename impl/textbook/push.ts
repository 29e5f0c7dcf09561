/**
 * The textbook's versioned push gossip, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - A version is the count of its writer's own writes, and counts of different members are compared though they count
 *   different things: an old write of a busy member beats a new one of a quiet member.
 * - Equal counts never merge: two members whose counts meet at one key differ for ever.
 * - A member's own write replaces what it holds even where its count is the lower one, and the older entry then comes
 *   back from the others.
 * - The whole state travels every round.
 */

import { applied } from '../primitives/map-entry.ts';
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';
import { pushBounds, pushClaims } from '../push/claims.ts';
import { type PushSettings, pushSettings } from '../push/settings.ts';
import { type Counted, datagramsOf, isCounted, operateCounted, versionOf, viewOf } from './counted.ts';

interface Message {
  readonly type: 'state';
  readonly entries: readonly Counted[];
}

interface State {
  readonly entries: Map<string, Counted>;
  /** Own writes so far. */
  count: number;
}

type Ctx = Context<Message, PushSettings>;

export const textbookPush: Protocol<State, Message, Data, PushSettings> = {
  name: 'textbook/push',
  summary: 'naive versioned push gossip: one write counter per member is taken for a version',
  source: 'own: the naive form of simple push gossip',
  role: 'map',
  workloads: ['register'],
  settings: pushSettings,
  converges: true,
  claims: pushClaims,
  bounds: pushBounds,
  init: () => ({ entries: new Map(), count: 0 }),
  handle,
  view: (state) => viewOf(state.entries),
  decode,
  kindOf: (message) => message.type,
};

function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { type, entries } = raw as Record<string, unknown>;
  return type === 'state' && Array.isArray(entries) && entries.every(isCounted) ? { type, entries } : undefined;
}

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      for (const record of event.restored ?? []) {
        if (!isCounted(record)) continue;
        state.entries.set(record[0], record);
        if (record[3] === ctx.self && record[4] === ctx.life) state.count = Math.max(state.count, record[1]);
      }
      ctx.setTimer(ctx.random.next() * ctx.settings.intervalMs, 'round');
      return;
    case 'timer':
      tell(state, ctx);
      ctx.setTimer(ctx.settings.intervalMs, 'round');
      return;
    case 'message':
      for (const entry of event.message.entries) {
        const held = state.entries.get(entry[0]);
        if (held === undefined || entry[1] > held[1]) store(state, entry, ctx, undefined);
      }
      return;
    case 'operation':
      operateCounted(
        state.entries,
        event,
        ctx,
        () => ++state.count,
        (entry) => store(state, entry, ctx, event.id),
      );
      return;
    case 'leave':
      tell(state, ctx);
      return;
    case 'membership':
      return;
  }
}

function tell(state: State, ctx: Ctx): void {
  const groups = datagramsOf([...state.entries.values()]);
  for (const peer of ctx.peers.sample(ctx.settings.fanout)) {
    for (const entries of groups) ctx.send(peer, { type: 'state', entries });
  }
}

function store(state: State, entry: Counted, ctx: Ctx, operation: number | undefined): void {
  state.entries.set(entry[0], entry);
  ctx.persist(entry);
  ctx.emit(applied(entry[0], versionOf(entry), entry[5], operation));
}
