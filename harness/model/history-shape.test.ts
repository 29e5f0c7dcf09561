import { describe, expect, test } from 'vitest';
import type { HistoryLine } from './history.ts';
import { lineProblem } from './history-shape.ts';

const header = {
  format: 'hearsay-history',
  version: 1,
  cluster: 'sim',
  hearsay: '0',
  node: 'v20',
  platform: 'x',
} as const;
const operation = { process: 0, op: 3, member: 'n1', f: 'write' };
const observed = { type: 'observe', time: 5, member: 'n1', life: 1, channel: 'c' } as const;
const receipt = {
  received: 1,
  bytes: 99,
  duplicates: 0,
  overtaken: 0,
  delaySum: 0.5,
  delaySquares: 0.25,
  delayMin: 0.5,
  delayMax: 0.5,
};

/** One of each type and kind, with every field it can have. */
const LINES: readonly HistoryLine[] = [
  { type: 'environment', ...header, machine: '2 x', startedAt: '2026-01-31T00:00:00.000Z' },
  { type: 'invoke', time: 1, ...operation, workload: 'register', channel: 'c', value: { key: 'k' }, planned: 1 },
  { type: 'ok', time: 2, ...operation, value: null },
  { type: 'fail', time: 2, ...operation, error: 'down' },
  { type: 'info', time: 2, ...operation, error: 'timed out' },
  { ...observed, kind: 'status', subject: 'n2', subjectLife: 1, status: 'suspect', incarnation: 0, by: 'n3' },
  { ...observed, kind: 'refute', incarnation: 1, against: 'suspect' },
  { ...observed, kind: 'apply', key: 'k', version: '1.n1', deleted: true, operation: 3 },
  { ...observed, kind: 'broadcast', operation: 3, sequence: 0 },
  { ...observed, kind: 'deliver', origin: 'n2', originLife: 1, sequence: 0, value: 'v' },
  { type: 'fault', time: 1, fault: 'loss-1', kind: 'loss', event: 'start' },
  { type: 'member', time: 1, member: 'n1', life: 1, event: 'up', boot: 1, reason: 'started' },
  { type: 'phase', time: 0, phase: 'load' },
  {
    type: 'traffic',
    time: 9,
    member: 'n1',
    life: 1,
    since: 0,
    sent: { 'swim.ping': [1, 50] },
    received: { 'swim.ack': [1, 50] },
    dropped: { corrupted: 1 },
    wallAheadMs: -1,
    monotonicMs: 1000,
    stalledMs: 0,
    late: { sumMs: 12, longestMs: 12, queuedMs: null },
    wall: { looks: 9, leaps: 2, leastMs: -1, mostMs: 500 },
    cpu: { usedMs: 12.5, throttled: null },
    disk: { storedBytes: 0, refused: 3, freeBytes: 0 },
  },
  {
    type: 'links',
    time: 9,
    member: 'n1',
    life: 1,
    epoch: 0,
    sent: { n2: [1, 99] },
    received: { n2: receipt },
    corrupted: { n2: 1 },
  },
  { type: 'epoch', time: 0, epoch: 0, faults: ['loss-1'] },
  { type: 'overrun', time: 3, epoch: 1, members: ['n1'] },
  { type: 'clocks', time: 0, hosts: [{ host: 'tcp://a', members: ['n1'], errorMs: -0.1, uncertaintyMs: 0.2 }] },
  { type: 'lateness', time: 9, since: 0, sumMs: 20, longestMs: 12, queuedMs: 1 },
  { type: 'view', time: 9, member: 'n1', life: 1, round: 1, channel: 'c', digest: 'abc', view: {} },
  { type: 'end', time: 10, outcome: 'completed' },
  { ...observed, kind: 'adapt', pushProbability: 0.5, pullProbability: 0.3, fanout: 3, usefulness: 0.25 },
];

const OPTIONAL = new Set(['error', 'by', 'deleted', 'operation', 'boot', 'reason', 'late', 'wall', 'cpu', 'disk']);
/** Anything goes in these; the header's format and version are told apart when it is read. */
const FREE = new Set(['value', 'view', 'format', 'version']);
const ODD: readonly unknown[] = [null, -1.5, 1e308, true, [], {}, [[]], '<b>'];

const describeLine = (line: HistoryLine): string => ('kind' in line ? `${line.type} ${line.kind}` : line.type);

describe.each(LINES.map((line) => [describeLine(line), line] as const))('%s', (_name, line) => {
  const spoilt = (key: string, value: unknown): unknown => JSON.parse(JSON.stringify({ ...line, [key]: value }));

  test('passes as it is', () => expect(lineProblem(JSON.parse(JSON.stringify(line)))).toBeUndefined());

  test.each(Object.keys(line).filter((key) => !FREE.has(key)))('%s must have its type', (key) => {
    const texts = typeof Reflect.get(line, key) === 'string';
    const taken = ODD.filter((value) => lineProblem(spoilt(key, value)) === undefined);
    // A text may be any, unless it is one of a few.
    const may = texts ? ['<b>'] : key === 'deleted' ? [true] : [];
    const lists = ['faults', 'hosts', 'members'].includes(key) ? [[]] : [];
    const tables = ['sent', 'received', 'dropped', 'corrupted'].includes(key) ? [{}] : [];
    const negatives = ['wallAheadMs', 'monotonicMs', 'stalledMs'].includes(key) ? [-1.5] : [];
    const unknowns = key === 'queuedMs' ? [null] : [];
    const allowed = [...may, ...lists, ...tables, ...negatives, ...unknowns];
    expect(allowed).toEqual(expect.arrayContaining(taken));
    const isMissed = lineProblem(spoilt(key, undefined)) !== undefined;
    expect(isMissed).toBe(!OPTIONAL.has(key) || (key === 'operation' && Reflect.get(line, 'kind') === 'broadcast'));
  });
});

test.each([
  ['a list', [], 'no JSON object'],
  ['no type', {}, 'type is not known'],
  ['a type of the prototype', { type: 'constructor', time: 1 }, 'type is not known'],
  ['a time long after any run', { type: 'end', time: 1e18, outcome: 'completed' }, 'time'],
  ['a life without number', { ...observed, life: 1e9, kind: 'refute', incarnation: 1, against: 'dead' }, 'life'],
  ['half a count', { ...LINES[13], sent: { ping: [1] } }, 'sent.ping'],
  ['a negative count', { ...LINES[13], sent: { ping: [-1, 2] } }, 'sent.ping'],
  ['a receipt without delays', { ...LINES[14], received: { n2: { received: 1 } } }, 'received.n2'],
  ['a receipt that is none', { ...LINES[14], received: { n2: null } }, 'received.n2'],
  ['a key of the prototype', { ...LINES[14], sent: JSON.parse('{"__proto__":[1,2]}') }, '__proto__'],
  [
    'an uncertainty below 0',
    { type: 'clocks', time: 0, hosts: [{ host: 'a', members: [], errorMs: 0, uncertaintyMs: -1 }] },
    'hosts',
  ],
  ['a reading without leaps', { ...LINES[13], wall: { looks: 1, leastMs: 0, mostMs: 0 } }, 'wall'],
  ['a reading of less than nothing', { ...LINES[13], cpu: { usedMs: -1, throttled: 0 } }, 'cpu'],
  [
    'a reading that may not be unknown',
    { ...LINES[13], disk: { storedBytes: null, refused: 0, freeBytes: null } },
    'disk',
  ],
  ['faults that are no texts', { type: 'epoch', time: 0, epoch: 0, faults: [1] }, 'faults'],
])('%s is told apart', (_name, line, problem) => expect(lineProblem(line)).toContain(problem));
