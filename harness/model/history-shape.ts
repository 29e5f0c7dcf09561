/**
 * Whether what stands in a history file has the shape of a history line (history.ts). Whoever reads a stored history may
 * be handed anything; past this check every field has its type, so that a fold can only be surprised by contents. By
 * hand, since a long history has millions of lines.
 */
import { FAULT_TYPES } from './fault.ts';
import type { LineType } from './history.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Undefined, or what is wrong with a field: `life is no whole number above 0`. */
type Problem = string | undefined;

/** Above any plan's end, in ns: two days of load and deadline, and as much again. */
const LATEST_NS = 4 * 24 * 3600 * 1e9;
/** Sizes, counts and sums of squares stay far below this, and sums of such stay finite. */
const LARGEST = 1e30;
/** Lives and boots are counted in memory. */
const MOST_LIVES = 1_000_000;

/** Undefined where the value is a line of a history; else what is wrong with it. */
export function lineProblem(line: unknown): Problem {
  if (typeof line !== 'object' || line === null || Array.isArray(line)) return 'it is no JSON object';
  const fields = line as Fields;
  const check = Object.hasOwn(SHAPES, String(fields.type)) ? SHAPES[fields.type as LineType] : undefined;
  if (check === undefined) return 'its type is not known';
  if (fields.type === 'environment') return check(fields);
  return time(fields, 'time') ?? check(fields);
}

const SHAPES: Readonly<Record<LineType, (fields: Fields) => Problem>> = {
  environment: (fields) => {
    for (const key of ['cluster', 'hearsay', 'node', 'platform', 'machine', 'startedAt']) {
      if (typeof fields[key] !== 'string') return `${key} is no text`;
    }
    return undefined;
  },
  invoke: (fields) =>
    operation(fields) ?? text(fields, 'workload') ?? text(fields, 'channel') ?? time(fields, 'planned'),
  ok: completion,
  fail: completion,
  info: completion,
  observe: (fields) => life(fields) ?? text(fields, 'channel') ?? observation(fields),
  fault: (fields) => text(fields, 'fault') ?? oneOf(fields, 'kind', FAULTS) ?? oneOf(fields, 'event', EDGES),
  member: (fields) =>
    life(fields) ??
    oneOf(fields, 'event', MEMBER_EVENTS) ??
    optional(fields, 'boot', ordinal) ??
    optional(fields, 'reason', text),
  phase: (fields) => oneOf(fields, 'phase', PHASES),
  traffic: (fields) =>
    life(fields) ??
    time(fields, 'since') ??
    table(fields, 'sent', isCount) ??
    table(fields, 'received', isCount) ??
    table(fields, 'dropped', isNumber) ??
    finite(fields, 'wallAheadMs') ??
    finite(fields, 'monotonicMs') ??
    finite(fields, 'stalledMs') ??
    reading(fields, 'late', ['sumMs', 'longestMs'], [], ['queuedMs']) ??
    reading(fields, 'wall', ['looks', 'leaps'], ['leastMs', 'mostMs']) ??
    reading(fields, 'cpu', ['usedMs'], [], ['throttled']) ??
    reading(fields, 'disk', ['storedBytes', 'refused'], [], ['freeBytes']),
  links: (fields) =>
    life(fields) ??
    whole(fields, 'epoch') ??
    table(fields, 'sent', isCount) ??
    table(fields, 'received', isReceipt) ??
    table(fields, 'corrupted', isNumber),
  epoch: (fields) => whole(fields, 'epoch') ?? list(fields, 'faults', isText),
  overrun: (fields) => whole(fields, 'epoch') ?? list(fields, 'members', isText),
  lateness: (fields) =>
    time(fields, 'since') ??
    amount(fields, 'sumMs') ??
    amount(fields, 'longestMs') ??
    (fields.queuedMs === null ? undefined : amount(fields, 'queuedMs')),
  clocks: (fields) => list(fields, 'hosts', isHostClock),
  view: (fields) => life(fields) ?? whole(fields, 'round') ?? text(fields, 'channel') ?? text(fields, 'digest'),
  end: (fields) => oneOf(fields, 'outcome', OUTCOMES),
};

const FAULTS: ReadonlySet<string> = new Set(FAULT_TYPES);
const EDGES: ReadonlySet<string> = new Set(['start', 'end']);
const MEMBER_EVENTS: ReadonlySet<string> = new Set(['up', 'crash', 'stop', 'pause', 'resume', 'leave']);
const PHASES: ReadonlySet<string> = new Set(['load', 'heal', 'final']);
const OUTCOMES: ReadonlySet<string> = new Set(['completed', 'interrupted']);
const STATUSES: ReadonlySet<string> = new Set(['alive', 'suspect', 'dead', 'left']);
const LIFECYCLE: ReadonlySet<string> = new Set(['joining', 'weakly-up', 'up', 'leaving', 'exiting', 'down', 'removed']);
const ESTIMATES = ['average', 'value', 'weight', 'part', 'max', 'min'] as const;
const REFUTED: ReadonlySet<string> = new Set(['suspect', 'dead', 'left']);
const RECEIPT_FIELDS = [
  'received',
  'bytes',
  'duplicates',
  'overtaken',
  'delaySum',
  'delaySquares',
  'delayMin',
  'delayMax',
] as const;

function operation(fields: Fields): Problem {
  return whole(fields, 'process') ?? whole(fields, 'op') ?? text(fields, 'member') ?? text(fields, 'f');
}

function completion(fields: Fields): Problem {
  return operation(fields) ?? optional(fields, 'error', text);
}

function observation(fields: Fields): Problem {
  switch (fields.kind) {
    case 'status':
      return (
        text(fields, 'subject') ??
        whole(fields, 'subjectLife') ??
        oneOf(fields, 'status', STATUSES) ??
        whole(fields, 'incarnation') ??
        optional(fields, 'by', text)
      );
    case 'recall':
      return (
        text(fields, 'subject') ??
        whole(fields, 'subjectLife') ??
        oneOf(fields, 'status', STATUSES) ??
        whole(fields, 'incarnation')
      );
    case 'refute':
      return whole(fields, 'incarnation') ?? oneOf(fields, 'against', REFUTED);
    case 'apply':
      if (fields.deleted !== undefined && fields.deleted !== true) return 'deleted is not true';
      return text(fields, 'key') ?? text(fields, 'version') ?? optional(fields, 'operation', whole);
    case 'broadcast':
      return whole(fields, 'operation') ?? whole(fields, 'sequence');
    case 'deliver':
      return text(fields, 'origin') ?? whole(fields, 'originLife') ?? whole(fields, 'sequence');
    case 'lifecycle':
      if (fields.made !== undefined && fields.made !== true) return 'made is not true';
      if (fields.converged !== undefined && fields.converged !== true) return 'converged is not true';
      return (
        text(fields, 'subject') ??
        whole(fields, 'subjectLife') ??
        whole(fields, 'incarnation') ??
        oneOf(fields, 'status', LIFECYCLE)
      );
    case 'propose':
      return whole(fields, 'operation') ?? whole(fields, 'instance');
    case 'decide':
      return whole(fields, 'instance');
    case 'adapt':
      return (
        amount(fields, 'pushProbability') ??
        amount(fields, 'pullProbability') ??
        whole(fields, 'fanout') ??
        amount(fields, 'usefulness')
      );
    case 'epoch':
      return whole(fields, 'epoch') ?? finite(fields, 'input') ?? finite(fields, 'part');
    case 'transfer':
      return (
        whole(fields, 'epoch') ??
        text(fields, 'initiator') ??
        whole(fields, 'initiatorLife') ??
        text(fields, 'responder') ??
        whole(fields, 'exchange') ??
        finite(fields, 'value') ??
        finite(fields, 'weight') ??
        finite(fields, 'part')
      );
    case 'estimate':
      return (
        whole(fields, 'epoch') ??
        whole(fields, 'cycles') ??
        whole(fields, 'pending') ??
        ESTIMATES.map((key) => finite(fields, key)).find((problem) => problem !== undefined) ??
        ['sum', 'count']
          .map((key) => (fields[key] === null ? undefined : finite(fields, key)))
          .find((problem) => problem !== undefined)
      );
    default:
      return 'kind is not known';
  }
}

function life(fields: Fields): Problem {
  return text(fields, 'member') ?? ordinal(fields, 'life');
}

function optional(fields: Fields, key: string, check: (fields: Fields, key: string) => Problem): Problem {
  return fields[key] === undefined ? undefined : check(fields, key);
}

function text(fields: Fields, key: string): Problem {
  return typeof fields[key] === 'string' ? undefined : `${key} is no text`;
}

function whole(fields: Fields, key: string): Problem {
  const value = fields[key];
  return Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : `${key} is no whole number from 0`;
}

function ordinal(fields: Fields, key: string): Problem {
  const value = fields[key];
  const fits = Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MOST_LIVES;
  return fits ? undefined : `${key} is no whole number from 1 to ${MOST_LIVES}`;
}

function finite(fields: Fields, key: string): Problem {
  return isNumber(fields[key]) ? undefined : `${key} is no number`;
}

function amount(fields: Fields, key: string): Problem {
  return isAmount(fields[key]) ? undefined : `${key} is no number from 0`;
}

function time(fields: Fields, key: string): Problem {
  const value = fields[key];
  const fits = typeof value === 'number' && value >= 0 && value <= LATEST_NS;
  return fits ? undefined : `${key} is no time in ns from 0 to ${LATEST_NS}`;
}

function oneOf(fields: Fields, key: string, known: ReadonlySet<string>): Problem {
  return known.has(fields[key] as string) ? undefined : `${key} is not one of ${[...known].join(', ')}`;
}

function list(fields: Fields, key: string, fits: (value: unknown) => boolean): Problem {
  const value = fields[key];
  return Array.isArray(value) && value.every(fits) ? undefined : `${key} is no list as it should be`;
}

/** A plain object whose values all fit, and whose keys do not reach a prototype. */
function table(fields: Fields, key: string, fits: (value: unknown) => boolean): Problem {
  const value = fields[key];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${key} is no table`;
  for (const [name, entry] of Object.entries(value)) {
    if (name in Object.prototype) return `${key} has an entry named ${name}`;
    if (!fits(entry)) return `${key}.${name} does not count as it should`;
  }
  return undefined;
}

/** Absent, or an object with amounts, numbers, and amounts that may be null. */
function reading(
  fields: Fields,
  key: string,
  amounts: readonly string[],
  numbers: readonly string[],
  unknowns: readonly string[] = [],
): Problem {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${key} is no reading`;
  const inner = value as Fields;
  const fits =
    amounts.every((name) => isAmount(inner[name])) &&
    numbers.every((name) => isNumber(inner[name])) &&
    unknowns.every((name) => inner[name] === null || isAmount(inner[name]));
  return fits ? undefined : `${key} does not read as it should`;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= LARGEST;
}

function isAmount(value: unknown): boolean {
  return isNumber(value) && value >= 0;
}

function isCount(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && isAmount(value[0]) && isAmount(value[1]);
}

function isHostClock(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { host, members, errorMs, uncertaintyMs } = value as Fields;
  const named = isText(host) && Array.isArray(members) && members.every(isText);
  return named && isNumber(errorMs) && isAmount(uncertaintyMs);
}

function isReceipt(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Fields;
  return RECEIPT_FIELDS.every((key) => isNumber(fields[key]));
}
