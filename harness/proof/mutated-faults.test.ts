/** True histories of faults made false: see test-history.ts. */
import type { HistoryLine, LinksLine } from '../model/history.ts';
import type { PlanRequest } from '../plan/make-plan.ts';
import {
  type Edit,
  flagged,
  MAP,
  type Mutation,
  type Named,
  pick,
  story,
  testMutations,
  without,
  withoutType,
} from './test-history.ts';
import { planOf } from './test-scenario.ts';

const MS = 1e6;
const BASE: Partial<PlanRequest> = { protocols: ['swim', MAP] };
const one = (type: string, argument: string | true): Named => flagged(type, { [type]: argument }, BASE);

const PARTITION = one('partition', true);
const LOSS = one('loss', '0.2');
const WEAK_LOSS = flagged('weak loss', { loss: '0.05' }, { ...BASE, faultEveryMs: 10_000, faultForMs: 500 });
const DELAY = one('delay', '50ms');
const DUPLICATE = one('duplicate', '0.2');
const CORRUPT = one('corrupt', '0.1');
const REORDER = one('reorder', '0.2');
const BANDWIDTH = one('bandwidth', '64kbit');
const SKEW = one('clock-skew', '500ms');
const CLOCK_DRIFT = one('clock-drift', '1.1');
const TIMER_DRIFT = one('timer-drift', '1.2');
const PAUSE = one('pause', '2');
const KILL = one('kill', '2');
const LIARS = flagged('byzantine', { byzantine: '1' }, { protocols: ['bracha'] });
const LEAVE = story('leave', () => {
  const plan = planOf('mutated leave', {}, { ...BASE, timeMs: 15_000 });
  const window = { atMs: 4000, untilMs: 9000 };
  return { ...plan, faults: [{ id: 'leave-1', type: 'leave', targets: ['n2', 'n3'], rejoin: true, ...window }] };
});
const LINKS = [PARTITION, LOSS, DELAY, DUPLICATE, CORRUPT, REORDER, BANDWIDTH];
const CLOCKS = [SKEW, CLOCK_DRIFT, TIMER_DRIFT];
const PROCESSES = [PAUSE, KILL, LEAVE];

const onLinks =
  (change: (line: LinksLine, active: boolean) => LinksLine): Edit =>
  ({ lines }) => {
    const active = new Set(
      lines.flatMap((line) => (line.type === 'epoch' && line.faults.length > 0 ? [line.epoch] : [])),
    );
    return lines.map((line) => (line.type === 'links' ? change(line, active.has(line.epoch)) : line));
  };

const RECEIPT = {
  received: 1,
  bytes: 50,
  duplicates: 0,
  overtaken: 0,
  delaySum: 1,
  delaySquares: 1,
  delayMin: 1,
  delayMax: 1,
};

/** All that was sent to a member has arrived there. */
const nothingLost: Edit = ({ lines }) => {
  const links = lines.filter((line): line is LinksLine => line.type === 'links');
  return lines.map((line) => {
    if (line.type !== 'links') return line;
    const received = links.flatMap((other) => {
      const sent = other.epoch === line.epoch ? (other.sent[line.member]?.[0] ?? 0) : 0;
      const receipt = line.received[other.member] ?? RECEIPT;
      return sent === 0 ? [] : [[other.member, { ...receipt, received: sent + receipt.duplicates }] as const];
    });
    return { ...line, received: Object.fromEntries(received) };
  });
};

/** Something has come from everybody, in every epoch. */
const leaks = onLinks((line) => ({
  ...line,
  received: Object.fromEntries(Object.keys(line.sent).map((from) => [from, line.received[from] ?? RECEIPT])),
}));

const eachReceipt = (change: (receipt: LinksLine['received'][string]) => LinksLine['received'][string]) =>
  onLinks((line, active) => ({
    ...line,
    received: active
      ? Object.fromEntries(Object.entries(line.received).map(([from, receipt]) => [from, change(receipt)]))
      : line.received,
  }));

/** Those who were cut off from anybody say nothing of what they received. */
const cutMembersSilent: Edit = ({ lines, plan }) => {
  const cuts = plan.faults.flatMap((fault) => (fault.type === 'partition' ? fault.cuts : []));
  const behind = new Set(cuts.flatMap(({ to }) => to));
  return without(lines, (line) => line.type === 'links' && behind.has(line.member));
};

const withoutFaultLines =
  (event: 'start' | 'end'): Edit =>
  ({ lines, plan }) => {
    const id = plan.faults[0]?.id;
    return without(lines, (line) => line.type === 'fault' && line.fault === id && line.event === event);
  };

const withoutMemberLine =
  (...events: readonly string[]): Edit =>
  (story, random) => {
    const line = pick(
      story.lines,
      random,
      (found): found is Extract<HistoryLine, { type: 'member' }> => found.type === 'member',
      ({ event, boot }) => events.includes(event) && (event !== 'up' || (boot ?? 1) > 1),
    );
    return line === undefined ? undefined : without(story.lines, (other) => other === line);
  };

const clocksRead =
  (change: Partial<Extract<HistoryLine, { type: 'traffic' }>>): Edit =>
  ({ lines }) =>
    lines.map((line) => (line.type === 'traffic' ? { ...line, ...change } : line));

const timersAtPace: Edit = ({ lines }) =>
  lines.map((line) => (line.type === 'traffic' ? { ...line, monotonicMs: (line.time - line.since) / MS } : line));
const tenthMissing = onLinks((line) => ({
  ...line,
  received: Object.fromEntries(
    Object.entries(line.received).map(([from, receipt]) => {
      return [from, { ...receipt, received: Math.floor(receipt.received * 0.9) }];
    }),
  ),
}));

type Row = readonly [edit: string, make: Edit, because: string, on: readonly Named[]];

const FALSE: readonly Row[] = [
  ['all arrives under loss', nothingLost, 'a fifth was to be lost', [LOSS]],
  ['nothing is corrupted', onLinks((line) => ({ ...line, corrupted: {} })), 'a tenth was to be', [CORRUPT]],
  ['cut links leak', leaks, 'nothing passes a cut', [PARTITION]],
  ['no delay', eachReceipt((r) => ({ ...r, delaySum: r.received * 0.75 })), 'more was asked for', [DELAY, REORDER]],
  [
    'no copies',
    eachReceipt((r) => ({ ...r, received: r.received - r.duplicates, duplicates: 0 })),
    'a fifth was to come twice',
    [DUPLICATE],
  ],
  ['many times the bytes', eachReceipt((r) => ({ ...r, bytes: r.bytes * 100 })), 'the links carry less', [BANDWIDTH]],
  ['no skew', clocksRead({ wallAheadMs: 0 }), 'half a second was asked for', [SKEW]],
  ['no drift', clocksRead({ wallAheadMs: 0 }), 'a tenth was asked for', [CLOCK_DRIFT]],
  ['timers at pace', timersAtPace, 'a fifth was asked for', [TIMER_DRIFT]],
  ['loss that nobody asked for', tenthMissing, 'no fault takes it', [PARTITION, SKEW, KILL]],
];

const POOR: readonly Row[] = [
  ['all arrives under a loss too weak to tell', nothingLost, 'it took nothing', [WEAK_LOSS]],
  ['never turned on', withoutFaultLines('start'), 'it was planned', [...LINKS, ...CLOCKS, ...PROCESSES, LIARS]],
  ['never turned off', withoutFaultLines('end'), 'the heal ends it', [...LINKS, ...CLOCKS, ...PROCESSES, LIARS]],
  ['a kill without a crash', withoutMemberLine('crash'), 'its target was up', [KILL]],
  ['a pause that did not stop one', withoutMemberLine('pause'), 'its target was up', [PAUSE]],
  ['a pause that never ends', withoutMemberLine('resume'), 'it ends with its window', [PAUSE]],
  ['a leave that one did not follow', withoutMemberLine('leave'), 'its target was up', [LEAVE]],
  ['one that does not come back', withoutMemberLine('up'), 'its time was over', [KILL]],
  ['those behind the cut say nothing', cutMembersSilent, 'nobody knows what passed', [PARTITION]],
  ['no links lines', withoutType('links'), 'nothing was measured', LINKS],
  ['no epochs', withoutType('epoch'), 'nothing was measured', LINKS],
  ['no traffic lines', withoutType('traffic'), 'nothing was measured', [...CLOCKS, LIARS]],
  ['no fault lines', withoutType('fault'), 'nothing was turned on', [...LINKS, ...CLOCKS, ...PROCESSES, LIARS]],
  ['no member lines', withoutType('member'), 'nobody was there', [...PROCESSES, PARTITION, LOSS]],
];

const rows = (verdict: Mutation['verdict'], table: readonly Row[]): Mutation[] =>
  table.map(([edit, make, because, on]) => ({ edit, make, because, by: ['fault-effect'], verdict, on }));

testMutations([...rows('convicted', FALSE), ...rows('not green', POOR)]);
