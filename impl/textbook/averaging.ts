/**
 * The textbook's aggregation, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - An exchange is not atomic: the responder replaces what it holds by the mean, and so does the initiator when the
 *   answer comes. A lost answer, a copy of an offer, or another exchange in between loses mass or makes it.
 * - The sum is a union of all members' parts, which is sent whole in every message: it grows with the cluster.
 * - Of each part the larger value is kept: sum, maximum and minimum cannot follow a value that falls.
 *
 * The average begins anew in epochs, as in the real protocol, so that both can be judged alike; the textbook's inputs
 * never change, and it has one epoch without an end.
 */
import { aggregationBounds, aggregationClaims } from '../aggregation/claims.ts';
import { isAmount } from '../aggregation/mass.ts';
import { type AggregationSettings, aggregationSettings, checkAggregationSettings } from '../aggregation/settings.ts';
import { packedTextBytes } from '../primitives/text-size.ts';
import { type Context, type Data, type Protocol, type ProtocolEvent, settingsOf } from '../protocol.ts';
import { claimsLike } from './claims-like.ts';

type Settings = Pick<AggregationSettings, 'intervalMs' | 'cyclesPerEpoch' | 'entryCycles'>;

/** Every member's name and the largest input that it ever had. */
type Parts = readonly (readonly [name: string, input: number])[];

type Message =
  /** Where the sender stands: for one that is behind. */
  | { readonly type: 'epoch'; readonly epoch: number; readonly cycle: number }
  | {
      /** `offer`: what the initiator holds. `mean`: what both hold from now on. */
      readonly type: 'offer' | 'mean';
      readonly epoch: number;
      readonly cycle: number;
      /** Tells a reader of the history which exchange it is; the protocol does nothing with it. */
      readonly exchange: number;
      readonly sum: number;
      readonly weight: number;
      readonly parts: Parts;
    };

type Exchange = Exclude<Message, { type: 'epoch' }>;

interface State {
  input: number;
  epoch: number;
  /** Of the epoch, as far as this member knows. */
  cycle: number;
  /** In how many of them it took part. */
  cycles: number;
  active: boolean;
  sum: number;
  weight: number;
  exchanges: number;
  readonly parts: Map<string, number>;
  result: { readonly [key: string]: number } | undefined;
}

type Ctx = Context<Message, Settings>;

const LARGEST_INPUT = 1e12;
const DATAGRAM_BYTES = 1100;
const MOST_PARTS = 10_000;
/** In cycles: how long a member that starts waits for news of an epoch before it begins the first one. */
const FIRST_WAIT = 2;

function asReal(own: Settings): AggregationSettings {
  return { ...settingsOf(aggregationSettings, 'quick'), retryMs: own.intervalMs / 2, ...own };
}

export const textbookAveraging: Protocol<State, Message, Data, Settings> = {
  name: 'textbook/averaging',
  summary: 'naive aggregation: exchanges that are not atomic, a sum over a union of parts that never fall',
  source: 'own: the naive form of aggregation',
  role: 'aggregation',
  workloads: ['aggregate'],
  settings: {
    intervalMs: aggregationSettings.intervalMs,
    cyclesPerEpoch: aggregationSettings.cyclesPerEpoch,
    entryCycles: aggregationSettings.entryCycles,
  },
  converges: false,
  checkSettings: (own) => checkAggregationSettings(asReal(own)),
  claims: claimsLike(aggregationClaims, asReal),
  bounds: (own, conditions) => aggregationBounds(asReal(own), conditions),
  init: () => ({
    input: 0,
    epoch: 0,
    cycle: 0,
    cycles: 0,
    active: false,
    sum: 0,
    weight: 0,
    exchanges: 0,
    parts: new Map(),
    result: undefined,
  }),
  handle,
  view: (state) => state.result ?? null,
  decode,
  kindOf: (message) => message.type,
};

function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const { type, epoch, cycle, exchange, sum, weight, parts } = raw as Record<string, unknown>;
  if (!isCount(epoch) || !isCount(cycle)) return undefined;
  if (type === 'epoch') return { type, epoch, cycle };
  if (type !== 'offer' && type !== 'mean') return undefined;
  if (!isCount(exchange) || !isAmount(sum) || !isAmount(weight) || !isParts(parts)) return undefined;
  return { type, epoch, cycle, exchange, sum, weight, parts };
}

function isCount(raw: unknown): raw is number {
  return typeof raw === 'number' && Number.isInteger(raw) && raw >= 0 && raw < 2 ** 40;
}

function isParts(raw: unknown): raw is Parts {
  if (!Array.isArray(raw) || raw.length > MOST_PARTS) return false;
  return raw.every((item: unknown) => {
    if (!Array.isArray(item) || item.length !== 2) return false;
    const [name, input] = item as unknown[];
    return typeof name === 'string' && name.length > 0 && name.length <= 64 && isAmount(input);
  });
}

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      for (const record of event.restored ?? []) restore(state, record);
      if (state.epoch === 0) state.cycle = ctx.settings.cyclesPerEpoch - FIRST_WAIT;
      ctx.setTimer(ctx.random.next() * ctx.settings.intervalMs, 'cycle');
      return;
    case 'timer':
      ctx.setTimer(ctx.settings.intervalMs, 'cycle');
      cycle(state, ctx);
      return;
    case 'message':
      receive(state, event.from, event.fromLife, event.message, ctx);
      return;
    case 'operation':
      operate(state, event.id, event.f, event.value, ctx);
      return;
    case 'membership':
    case 'leave':
      return;
  }
}

/** Whoever was part of an epoch before a crash waits for the next one. */
function restore(state: State, record: Data): void {
  if (!Array.isArray(record)) return;
  const [what, value] = record as readonly Data[];
  if (typeof value !== 'number') return;
  if (what === 'input') state.input = value;
  else if (what === 'epoch') state.epoch = value;
}

function cycle(state: State, ctx: Ctx): void {
  state.cycle++;
  if (state.cycle >= ctx.settings.cyclesPerEpoch) enter(state, state.epoch + 1, 0, ctx);
  if (!state.active) return;
  state.cycles++;
  const exchange = ++state.exchanges;
  for (const peer of ctx.peers.sample(1)) tell(state, peer, 'offer', exchange, ctx);
}

function enter(state: State, epoch: number, at: number, ctx: Ctx): void {
  endEpoch(state, ctx);
  state.epoch = epoch;
  state.cycle = at;
  ctx.persist(['epoch', epoch]);
  if (at > ctx.settings.entryCycles) return;
  state.active = true;
  state.cycles = 0;
  state.exchanges = 0;
  state.sum = state.input;
  state.weight = 1;
  keepPart(state, ctx.self, state.input);
  ctx.emit({ kind: 'epoch', epoch, input: state.input, part: 0 });
}

function endEpoch(state: State, ctx: Ctx): void {
  if (!state.active) return;
  state.active = false;
  const { epoch, cycles, sum: value, weight } = state;
  const inputs = [...state.parts.values()];
  const estimates = {
    average: weight > 0 ? value / weight : state.input,
    sum: inputs.reduce((total, input) => total + input, 0),
    count: inputs.length,
    max: inputs.reduce((most, input) => Math.max(most, input), Number.NEGATIVE_INFINITY),
    min: inputs.reduce((least, input) => Math.min(least, input), Number.POSITIVE_INFINITY),
  };
  state.result = { epoch, ...estimates };
  ctx.emit({ kind: 'estimate', epoch, cycles, pending: 0, value, weight, part: 0, ...estimates });
}

function keepPart(state: State, name: string, input: number): void {
  state.parts.set(name, Math.max(input, state.parts.get(name) ?? Number.NEGATIVE_INFINITY));
}

function tell(state: State, to: string, type: Exchange['type'], exchange: number, ctx: Ctx): void {
  const parts: Parts = [...state.parts];
  const { epoch, cycle, sum, weight } = state;
  const message: Message = { type, epoch, cycle, exchange, sum, weight, parts };
  const bytes = parts.reduce((total, [name]) => total + packedTextBytes(name) + 10, 0);
  if (bytes > DATAGRAM_BYTES) ctx.stream(to, message);
  else ctx.send(to, message);
}

function receive(state: State, from: string, fromLife: number, message: Message, ctx: Ctx): void {
  if (message.epoch > state.epoch) enter(state, message.epoch, message.cycle, ctx);
  else if (message.epoch < state.epoch) {
    ctx.send(from, { type: 'epoch', epoch: state.epoch, cycle: state.cycle });
    return;
  }
  if (!state.active || message.type === 'epoch') return;
  for (const [name, input] of message.parts) keepPart(state, name, input);
  const { exchange, sum, weight } = message;
  if (message.type === 'offer') {
    replace(state, (state.sum + sum) / 2, (state.weight + weight) / 2, [from, fromLife, ctx.self, exchange], ctx);
    tell(state, from, 'mean', exchange, ctx);
  } else replace(state, sum, weight, [ctx.self, ctx.life, from, exchange], ctx);
}

function replace(
  state: State,
  sum: number,
  weight: number,
  [initiator, initiatorLife, responder, exchange]: readonly [string, number, string, number],
  ctx: Ctx,
): void {
  const gained = { value: sum - state.sum, weight: weight - state.weight, part: 0 };
  state.sum = sum;
  state.weight = weight;
  const { epoch } = state;
  ctx.emit({ kind: 'transfer', epoch, initiator, initiatorLife, responder, exchange, ...gained });
}

function operate(state: State, id: number, f: string, value: Data, ctx: Ctx): void {
  if (f === 'read') ctx.reply(id, { type: 'ok', value: state.result ?? null });
  else if (f !== 'set') ctx.reply(id, { type: 'fail', error: `no operation ${f}` });
  else if (!isAmount(value) || Math.abs(value) > LARGEST_INPUT || Object.is(value, -0)) {
    ctx.reply(id, { type: 'fail', error: `the input must be a number of at most ${LARGEST_INPUT} either way` });
  } else {
    state.input = value;
    ctx.persist(['input', value]);
    ctx.reply(id, { type: 'ok' });
  }
}
