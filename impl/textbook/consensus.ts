/**
 * The textbook's consensus by gossip, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - The quorum is more than half of the values known so far: members that know different halves decide differently.
 * - Whoever proposes knows its own value alone at first, and decides it at once.
 * - Where two values are held by equally many, nobody who knows them all ever decides.
 * - The values of all instances, decided or not, travel every round.
 */
import { isInstance, proposalIn, refuseValue } from '../consensus/messages.ts';
import { type ConsensusSettings, consensusBounds, consensusClaims, consensusSettings } from '../consensus/settings.ts';
import { groupsThatFit } from '../primitives/datagram-groups.ts';
import { packedTextBytes } from '../primitives/text-size.ts';
import type { Context, Data, Protocol, ProtocolEvent } from '../protocol.ts';

/** A member's value for an instance; of two the one with the higher version counts. */
type Known = readonly [instance: number, member: string, version: number, value: string];

interface Message {
  readonly type: 'values';
  readonly values: readonly Known[];
}

interface State {
  /** By instance, then by member. */
  readonly values: Map<number, Map<string, Known>>;
  readonly decided: Map<number, string>;
  /** Client operations that wait for the decision, by instance. */
  readonly waiting: Map<number, number[]>;
}

type Ctx = Context<Message, ConsensusSettings>;

const DATAGRAM_BYTES = 1100;
const MOST_VALUES = 1000;

export const textbookConsensus: Protocol<State, Message, Data, ConsensusSettings> = {
  name: 'textbook/consensus',
  summary: 'naive consensus by gossip: a value held by more than half of the values known so far is decided',
  source: 'own: the naive form of gossip consensus',
  role: 'consensus',
  workloads: ['consensus'],
  settings: consensusSettings,
  converges: false,
  claims: consensusClaims,
  bounds: consensusBounds,
  init: () => ({ values: new Map(), decided: new Map(), waiting: new Map() }),
  handle,
  view: (state) => [...state.decided].sort(([a], [b]) => a - b),
  decode,
  kindOf: (message) => message.type,
};

function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { type, values } = raw as Record<string, unknown>;
  if (type !== 'values' || !Array.isArray(values) || values.length > MOST_VALUES) return undefined;
  return values.every(isKnown) ? { type, values } : undefined;
}

function isKnown(raw: unknown): raw is Known {
  if (!Array.isArray(raw) || raw.length !== 4) return false;
  const [instance, member, version, value] = raw as unknown[];
  if (!isInstance(instance) || !isInstance(version) || refuseValue(value) !== undefined) return false;
  return typeof member === 'string' && member.length > 0 && member.length <= 64;
}

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      for (const record of event.restored ?? []) restore(state, record, ctx);
      ctx.setTimer(ctx.random.next() * ctx.settings.gossipMs, 'round');
      return;
    case 'timer':
      ctx.setTimer(ctx.settings.gossipMs, 'round');
      tell(state, ctx);
      return;
    case 'message':
      learn(state, event.message.values, ctx);
      return;
    case 'operation':
      propose(state, event.id, event.f, event.value, ctx);
      return;
    case 'membership':
    case 'leave':
      return;
  }
}

/** Records are the member's own values, and what it decided. */
function restore(state: State, record: Data, ctx: Ctx): void {
  if (!Array.isArray(record)) return;
  const [instance, value] = record as readonly Data[];
  if (record.length === 2 && isInstance(instance) && typeof value === 'string') state.decided.set(instance, value);
  else if (isKnown(record) && record[1] === ctx.self) valuesOf(state, record[0]).set(ctx.self, record);
}

function valuesOf(state: State, instance: number): Map<string, Known> {
  let values = state.values.get(instance);
  if (values === undefined) {
    values = new Map();
    state.values.set(instance, values);
  }
  return values;
}

function tell(state: State, ctx: Ctx): void {
  const known = [...state.values.values()].flatMap((values) => [...values.values()]);
  const bytesOf = ([, member, , value]: Known) => packedTextBytes(member) + packedTextBytes(value) + 11;
  const groups = groupsThatFit(known, bytesOf, DATAGRAM_BYTES);
  for (const peer of ctx.peers.sample(ctx.settings.fanout)) {
    for (const values of groups) ctx.send(peer, { type: 'values', values });
  }
}

function propose(state: State, id: number, f: string, input: Data, ctx: Ctx): void {
  const proposal = proposalIn(f, input);
  if (typeof proposal === 'string') {
    ctx.reply(id, { type: 'fail', error: proposal });
    return;
  }
  const { instance, value } = proposal;
  const decided = state.decided.get(instance);
  if (decided !== undefined) {
    ctx.reply(id, { type: 'ok', value: { decided } });
    return;
  }
  const version = (state.values.get(instance)?.get(ctx.self)?.[2] ?? 0) + 1;
  const own: Known = [instance, ctx.self, version, value];
  ctx.persist(own);
  ctx.emit({ kind: 'propose', operation: id, instance });
  state.waiting.set(instance, [...(state.waiting.get(instance) ?? []), id]);
  learn(state, [own], ctx);
}

function learn(state: State, news: readonly Known[], ctx: Ctx): void {
  const touched = new Set<number>();
  for (const known of news) {
    const [instance, member, version] = known;
    const values = valuesOf(state, instance);
    if (version <= (values.get(member)?.[2] ?? 0)) continue;
    values.set(member, known);
    touched.add(instance);
  }
  for (const instance of touched) if (!state.decided.has(instance)) tryToDecide(state, instance, ctx);
}

function tryToDecide(state: State, instance: number, ctx: Ctx): void {
  const values = valuesOf(state, instance);
  const holders = new Map<string, number>();
  for (const [, , , value] of values.values()) holders.set(value, (holders.get(value) ?? 0) + 1);
  const [chosen] = [...holders].find(([, count]) => 2 * count > values.size) ?? [];
  if (chosen === undefined) return;
  state.decided.set(instance, chosen);
  ctx.persist([instance, chosen]);
  ctx.emit({ kind: 'decide', instance, value: chosen });
  for (const operation of state.waiting.get(instance) ?? []) {
    ctx.reply(operation, { type: 'ok', value: { decided: chosen } });
  }
  state.waiting.delete(instance);
}
