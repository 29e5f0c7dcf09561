/**
 * The textbook's rumour mongering, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - Susceptible, infected and removed are states of a member and not of a rumour: losing interest in one rumour stops
 *   all of them, a new rumour that arrives revives the others, and one that a removed member starts dies with the rounds
 *   that are left over.
 * - Where the coin and the round limit strike in one round, the rumour is removed twice, which throws: the member dies.
 * - At most ten rounds with one contact each; the residue is never repaired.
 */
import type { Context, Data, Protocol, ProtocolEvent, SettingsSpec } from '../protocol.ts';
import { rumorBounds, rumorClaims } from '../rumor/claims.ts';
import { isBroadcastValue, isRumor, type Rumor } from '../rumor/messages.ts';
import { SequenceSet } from '../rumor/sequence-set.ts';
import { type RumorSettings, rumorSettings } from '../rumor/settings.ts';
import { claimsLike } from './claims-like.ts';

interface Settings {
  readonly lossProbability: number;
  readonly maxRounds: number;
  readonly intervalMs: number;
}

const SOURCE = 'own: the naive form of rumor mongering';

const settings: SettingsSpec<Settings> = {
  lossProbability: {
    default: 0.1,
    unit: 'probability',
    doc: 'Chance to lose interest at a contact that knew the rumour.',
    source: SOURCE,
    min: 0.001,
    max: 1,
  },
  maxRounds: {
    default: 10,
    unit: 'rounds',
    doc: 'A member is infected for at most so many rounds.',
    source: SOURCE,
    min: 1,
    max: 100_000,
    integer: true,
  },
  intervalMs: rumorSettings.intervalMs,
};

type Message =
  | { readonly type: 'rumor'; readonly rumor: Rumor }
  /** Of that rumour: it was known already. */
  | { readonly type: 'known'; readonly origin: string; readonly life: number; readonly sequence: number };

interface State {
  status: 'susceptible' | 'infected' | 'removed';
  rounds: number;
  nextSequence: number;
  readonly hot: Map<string, Rumor>;
  /** Hot ones for which the coin has fallen since the last round. */
  readonly lost: Set<string>;
  /** By `origin/life`. */
  readonly known: Map<string, SequenceSet>;
}

type Ctx = Context<Message, Settings>;

/** The rule that the textbook means: push to one, with feedback, coin of 1/k, and a limit far away. */
function asReal({ lossProbability, intervalMs }: Settings): RumorSettings {
  const k = Math.max(1, Math.round(1 / lossProbability));
  return {
    mode: 'push',
    stop: 'coin',
    feedback: 'feedback',
    k,
    fanout: 1,
    maxRounds: 100_000,
    maxDatagramsPerRound: 1,
    signed: false,
    peerMessagesPerSecond: 0,
    intervalMs,
  };
}

export const textbookRumor: Protocol<State, Message, Data, Settings> = {
  name: 'textbook/rumor',
  summary: 'naive rumour mongering: interest is lost by members, not by rumours',
  source: SOURCE,
  role: 'dissemination',
  workloads: ['broadcast'],
  settings,
  converges: false,
  claims: claimsLike(rumorClaims, asReal),
  bounds: (own, conditions) => rumorBounds(asReal(own), conditions),
  init: () => ({
    status: 'susceptible',
    rounds: 0,
    nextSequence: 1,
    hot: new Map(),
    lost: new Set(),
    known: new Map(),
  }),
  handle,
  view,
  decode,
  kindOf: (message) => message.type,
};

function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { type, rumor, origin, life, sequence } = raw as Record<string, unknown>;
  if (type === 'rumor') return isRumor(rumor) ? { type, rumor } : undefined;
  if (type !== 'known' || !isRumor([origin, life, sequence, ''])) return undefined;
  return { type, origin: origin as string, life: life as number, sequence: sequence as number };
}

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      for (const record of event.restored ?? []) {
        if (!isRumor(record)) continue;
        knownOf(state, record).add(record[2]);
        if (record[0] === ctx.self && record[1] === ctx.life) {
          state.nextSequence = Math.max(state.nextSequence, record[2] + 1);
        }
      }
      ctx.setTimer(ctx.random.next() * ctx.settings.intervalMs, 'round');
      return;
    case 'timer':
      ctx.setTimer(ctx.settings.intervalMs, 'round');
      if (state.status === 'infected') round(state, ctx);
      return;
    case 'message':
      receive(state, event.from, event.message, ctx);
      return;
    case 'operation':
      broadcast(state, event.id, event.f, event.value, ctx);
      return;
    case 'leave':
    case 'membership':
      return;
  }
}

function round(state: State, ctx: Ctx): void {
  for (const rumor of state.hot.values()) {
    for (const peer of ctx.peers.sample(1)) ctx.send(peer, { type: 'rumor', rumor });
  }
  state.rounds++;
  const finished = [...state.lost];
  state.lost.clear();
  if (state.rounds >= ctx.settings.maxRounds) finished.push(...state.hot.keys());
  for (const id of finished) {
    // Twice in the list where coin and limit struck together.
    if (!state.hot.delete(id)) throw new RangeError(`rumour ${id} is not among the hot ones`);
    state.status = 'removed';
  }
}

function receive(state: State, from: string, message: Message, ctx: Ctx): void {
  if (message.type === 'known') {
    const id = `${message.origin}/${message.life}/${message.sequence}`;
    if (state.hot.has(id) && ctx.random.next() < ctx.settings.lossProbability) state.lost.add(id);
    return;
  }
  const { rumor } = message;
  const [origin, life, sequence] = rumor;
  if (knownOf(state, rumor).has(sequence)) {
    ctx.send(from, { type: 'known', origin, life, sequence });
    return;
  }
  learn(state, rumor, ctx);
  if (state.status !== 'infected') state.rounds = 0;
  state.status = 'infected';
}

function broadcast(state: State, id: number, f: string, value: Data, ctx: Ctx): void {
  if (f !== 'broadcast' || !isBroadcastValue(value)) {
    ctx.reply(id, { type: 'fail', error: `no operation ${f} with such a value` });
    return;
  }
  const sequence = state.nextSequence++;
  ctx.emit({ kind: 'broadcast', operation: id, sequence });
  learn(state, [ctx.self, ctx.life, sequence, value], ctx);
  state.status = 'infected';
  ctx.reply(id, { type: 'ok', value: { origin: ctx.self, life: ctx.life, sequence } });
}

function learn(state: State, rumor: Rumor, ctx: Ctx): void {
  const [origin, originLife, sequence, value] = rumor;
  knownOf(state, rumor).add(sequence);
  ctx.persist(rumor);
  ctx.emit({ kind: 'deliver', origin, originLife, sequence, value });
  state.hot.set(`${origin}/${originLife}/${sequence}`, rumor);
}

function knownOf(state: State, [origin, life]: Rumor): SequenceSet {
  const key = `${origin}/${life}`;
  const known = state.known.get(key) ?? new SequenceSet();
  state.known.set(key, known);
  return known;
}

/** Delivered sequence numbers by origin and life. */
function view(state: State): Data {
  const keys = [...state.known.keys()].sort();
  return Object.fromEntries(keys.map((key) => [key, state.known.get(key)?.toString() ?? '']));
}
