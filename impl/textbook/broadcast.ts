/**
 * The textbook's Byzantine broadcast, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - A member that has heard one READY for a value never sends its own: even without liars and loss many broadcasts
 *   are delivered nowhere.
 * - READY comes on more than n/2 ECHOs instead of (n + f)/2, never on f + 1 READYs, and for several values alike.
 * - Votes are keyed by the value alone, across origins and instances: a repeated payload is swallowed.
 * - The signature is a hash that anybody can compute: a liar signs for others, and for both of its values.
 * - Nothing is sent twice and no vote is durable: one lost datagram is a lost vote.
 */
import { refuseValue } from '../bracha/messages.ts';
import {
  type BrachaSettings,
  brachaBounds,
  brachaClaims,
  brachaSettings,
  brachaTolerates,
  faultsTolerated,
} from '../bracha/settings.ts';
import { hashText } from '../primitives/digest.ts';
import { othersOf, retelling, speaking, withhold } from '../primitives/lying.ts';
import {
  type Context,
  type Data,
  type Lie,
  type Protocol,
  type ProtocolEvent,
  settingsOf,
  type Told,
} from '../protocol.ts';
import { claimsLike, tolerancesLike } from './claims-like.ts';

type Settings = Pick<BrachaSettings, 'f'>;

const PHASES = ['init', 'echo', 'ready'] as const;

interface Message {
  readonly type: (typeof PHASES)[number];
  readonly origin: string;
  readonly life: number;
  readonly sequence: number;
  readonly value: string;
  readonly signature: number;
}

interface State {
  readonly echoed: Set<string>;
  readonly delivered: Map<string, Message>;
  /** Voters by value. */
  readonly echoes: Map<string, Set<string>>;
  readonly readies: Map<string, Set<string>>;
  /** Client operations that wait for their delivery here, by value. */
  readonly waiting: Map<string, number>;
  nextSequence: number;
}

type Ctx = Context<Message, Settings>;

function asReal(own: Settings): BrachaSettings {
  return { ...settingsOf(brachaSettings, 'quick'), ...own };
}

function signatureOf(value: string, origin: string): number {
  return hashText(value, origin).low;
}

/** Tells one half of the members a forgery, under a signature as good as the real one. */
const equivocate: Lie<Message, Settings> = ({ roster }) =>
  retelling((message, to) => {
    if (roster.indexOf(to) % 2 === 0) return message;
    const value = `${message.value}~`;
    return { ...message, value, signature: signatureOf(value, message.origin) };
  });

/** Says nothing at all, in any phase, to half of the members: with a READY kept back nobody makes up for it. */
const silence: Lie<Message, Settings> = withhold;

const VOTE_EVERY_MS = 20;

/**
 * Broadcasts two values at once to everybody and, when the others have had time to vote, votes for both: one READY heard
 * too early would silence theirs.
 */
const voteTwice: Lie<Message, Settings> = (context) => {
  const others = othersOf(context);
  let fresh: Message[] = [];
  let due: Message[] = [];
  const known = new Set<string>();
  return {
    tell: (to, message) => {
      if (message.type === 'ready') return [];
      if (message.type !== 'init') return [{ to, message }];
      const value = `${message.value}~`;
      return [message, { ...message, value, signature: signatureOf(value, message.origin) }].map((one) => ({
        to,
        message: one,
      }));
    },
    hear: (_from, _life, message) => {
      if (message.type !== 'echo' || known.has(message.value)) return;
      known.add(message.value);
      fresh.push({ ...message, type: 'ready' });
    },
    everyMs: VOTE_EVERY_MS,
    act() {
      const now = due;
      due = fresh;
      fresh = [];
      return now.flatMap((message) => others.map((to): Told<Message> => ({ to, message })));
    },
  };
};

const FORGE_EVERY_MS = 500;

/** Broadcasts in the name of others, whose signature it computes. */
const forge: Lie<Message, Settings> = (context) => {
  const others = othersOf(context);
  let count = 0;
  return speaking(FORGE_EVERY_MS, () => {
    const origin = others[count++ % Math.max(1, others.length)];
    if (origin === undefined) return [];
    const value = `forged ${context.self} ${count}`;
    const sequence = 1_000_000 + count;
    const message: Message = { type: 'init', origin, life: 1, sequence, value, signature: signatureOf(value, origin) };
    return others.map((to): Told<Message> => ({ to, message }));
  });
};

export const textbookBroadcast: Protocol<State, Message, Data, Settings> = {
  name: 'textbook/broadcast',
  summary: 'naive Byzantine broadcast: wrong quorums, votes by value, one READY silences the next',
  source: 'own: the naive form of Byzantine broadcast',
  role: 'reliable-broadcast',
  workloads: ['reliable-broadcast'],
  settings: { f: brachaSettings.f },
  converges: false,
  claims: claimsLike(brachaClaims, asReal),
  bounds: (own, conditions) => brachaBounds(asReal(own), conditions),
  init: () => ({
    echoed: new Set(),
    delivered: new Map(),
    echoes: new Map(),
    readies: new Map(),
    waiting: new Map(),
    nextSequence: 1,
  }),
  handle,
  view: (state) =>
    [...state.delivered.values()]
      .map(({ origin, life, sequence, value }) => [origin, life, sequence, value])
      .sort((a, b) => (String(a) < String(b) ? -1 : 1)),
  decode,
  kindOf: (message) => message.type,
  lies: { equivocate, withhold: silence, forge, 'vote-twice': voteTwice },
  tolerates: tolerancesLike(brachaTolerates, asReal),
};

function decode(raw: unknown): Message | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { type, origin, life, sequence, value, signature } = raw as Record<string, unknown>;
  const phase = PHASES.find((name) => name === type);
  if (phase === undefined || typeof origin !== 'string' || origin.length > 64) return undefined;
  if (!Number.isSafeInteger(life) || !Number.isSafeInteger(sequence) || !Number.isSafeInteger(signature))
    return undefined;
  return refuseValue(value) === undefined ? (raw as Message) : undefined;
}

function handle(state: State, event: ProtocolEvent<Message>, ctx: Ctx): void {
  switch (event.type) {
    case 'start':
      for (const record of event.restored ?? []) restore(state, record);
      return;
    case 'message':
      take(state, event.from, event.message, ctx);
      return;
    case 'operation':
      broadcast(state, event.id, event.f, event.value, ctx);
      return;
    case 'timer':
    case 'leave':
    case 'membership':
      return;
  }
}

/** Records are the sequence numbers that were used, and what was delivered. */
function restore(state: State, record: Data): void {
  if (typeof record === 'number') state.nextSequence = Math.max(state.nextSequence, record + 1);
  const delivered = decode(record);
  if (delivered !== undefined) state.delivered.set(delivered.value, delivered);
}

function broadcast(state: State, id: number, f: string, value: Data, ctx: Ctx): void {
  const refusal = f === 'broadcast' ? refuseValue(value) : `no operation ${f}`;
  if (refusal !== undefined || typeof value !== 'string') {
    ctx.reply(id, { type: 'fail', error: refusal ?? 'no text' });
    return;
  }
  const sequence = state.nextSequence++;
  ctx.persist(sequence);
  ctx.emit({ kind: 'broadcast', operation: id, sequence });
  state.waiting.set(value, id);
  const signature = signatureOf(value, ctx.self);
  tellAll(state, { type: 'init', origin: ctx.self, life: ctx.life, sequence, value, signature }, ctx);
}

/** To everybody, the member itself included. */
function tellAll(state: State, message: Message, ctx: Ctx): void {
  for (const name of ctx.roster) if (name !== ctx.self) ctx.send(name, message);
  take(state, ctx.self, message, ctx);
}

function take(state: State, from: string, message: Message, ctx: Ctx): void {
  const { type, value, origin } = message;
  if (message.signature !== signatureOf(value, origin)) return;
  if (type === 'init') {
    if (state.echoed.has(value)) return;
    state.echoed.add(value);
    tellAll(state, { ...message, type: 'echo' }, ctx);
  } else if (type === 'echo') {
    const voters = votersOf(state.echoes, value);
    voters.add(from);
    if (voters.size > ctx.roster.length / 2 && !state.readies.has(value)) {
      tellAll(state, { ...message, type: 'ready' }, ctx);
    }
  } else {
    const voters = votersOf(state.readies, value);
    voters.add(from);
    const f = faultsTolerated(asReal(ctx.settings), ctx.roster.length);
    if (voters.size > 2 * f && !state.delivered.has(value)) deliver(state, message, ctx);
  }
}

function votersOf(votes: Map<string, Set<string>>, value: string): Set<string> {
  const voters = votes.get(value) ?? new Set();
  votes.set(value, voters);
  return voters;
}

function deliver(state: State, message: Message, ctx: Ctx): void {
  const { origin, life, sequence, value, signature } = message;
  state.delivered.set(value, message);
  ctx.persist({ type: 'ready', origin, life, sequence, value, signature });
  ctx.emit({ kind: 'deliver', origin, originLife: life, sequence, value });
  const operation = state.waiting.get(value);
  if (operation === undefined || origin !== ctx.self) return;
  state.waiting.delete(value);
  ctx.reply(operation, { type: 'ok', value: { origin, life, sequence } });
}
