/** True histories of membership made false: see test-history.ts. */
import type { Data, Random } from '../../impl/protocol.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import type { HistoryLine } from '../model/history.ts';
import {
  type Edit,
  flagged,
  insertAfter,
  insertInTime,
  isKind,
  isView,
  type Mutation,
  type Named,
  pick,
  replace,
  type Story,
  seeing,
  story,
  testMutations,
  without,
} from './test-history.ts';
import { drawnPlan } from './test-scenario.ts';

const FAULTS = NEMESES.filter((nemesis) => nemesis.type !== 'byzantine');

const MS = 1e6;
const ALONE = { protocols: ['swim'] };
const LONG_KILL = { ...ALONE, timeMs: 30_000, faultEveryMs: 20_000, faultForMs: 12_000 };
const QUIET = flagged('no fault', {}, { ...ALONE, timeMs: 30_000 });
const CUT = flagged('partition and loss', { partition: true, loss: '0.1' }, { ...ALONE, timeMs: 30_000 });
const KILLED = flagged('killed', { kill: '2' }, LONG_KILL);
const REBORN = flagged('killed, state lost', { kill: '1' }, { ...LONG_KILL, withoutState: true });
const CHURN = flagged('churn', { churn: '12/min' }, { ...ALONE, timeMs: 30_000 });
const DRAWN = ['0', '1', '2', '3'].map((seed) =>
  story(`drawn ${seed}`, () => drawnPlan(`mutated ${seed}`, ['swim'], FAULTS)),
);
const QUIET_LATE = flagged('no fault, late end', {}, ALONE, 'late');
const CUT_LATE = flagged('partition and loss, late end', { partition: true, loss: '0.1' }, ALONE, 'late');

/** Status lines of one correct observer about one correct subject, where some stand. */
function somePair(story: Story, random: Random) {
  return pick(story.lines, random, isKind('status', 'swim'));
}

const inventedIncarnation: Edit = (story, random) => {
  const line = somePair(story, random);
  return line === undefined
    ? undefined
    : insertAfter(story.lines, line, { ...line, status: 'alive', incarnation: line.incarnation + 7 });
};

const aliveAfterDead: Edit = (story, random) => {
  const line = pick(story.lines, random, isKind('status', 'swim'), ({ status }) => status === 'dead');
  if (line === undefined) return undefined;
  const { by: _, ...rest } = line;
  return insertAfter(story.lines, line, { ...rest, status: 'alive' });
};

const backToEarlierLife: Edit = (story, random) => {
  const line = pick(story.lines, random, isKind('status', 'swim'), ({ subjectLife }) => subjectLife > 1);
  return line === undefined
    ? undefined
    : insertAfter(story.lines, line, { ...line, subjectLife: line.subjectLife - 1, incarnation: 0, status: 'alive' });
};

/** In the boot after a restart with state a member says less of another one than before. */
const forgetsOverRestart: Edit = (story, random) => {
  const boot = pick(
    story.lines,
    random,
    (line): line is Extract<HistoryLine, { type: 'member' }> => line.type === 'member',
    (line) => line.event === 'up' && (line.boot ?? 1) > 1,
  );
  if (boot === undefined) return undefined;
  const known = story.lines.filter(
    (line) => isKind('status', 'swim')(line) && line.member === boot.member && line.time < boot.time,
  );
  const line = known.find((found) => isKind('status', 'swim')(found) && found.status === 'dead') ?? known[0];
  if (line === undefined || !isKind('status', 'swim')(line)) return undefined;
  const { by: _, ...rest } = line;
  return insertInTime(story.lines, { ...rest, status: 'alive', time: boot.time + 1 });
};

/** An accusation of a member that is up, long before the end, with nothing in the way and nothing after it. */
const standingAccusation =
  (status: 'suspect' | 'dead'): Edit =>
  (story, random) => {
    const last = new Map<string, Extract<HistoryLine, { kind: 'status' }>>();
    for (const line of story.lines)
      if (isKind('status', 'swim')(line)) last.set(`${line.member} ${line.subject}`, line);
    const all = [...last.values()].filter((line) => line.status === 'alive');
    const line = all[random.int(Math.max(1, all.length))];
    if (line === undefined) return undefined;
    return insertInTime(story.lines, { ...line, status, time: line.time + 1000 * MS });
  };

const unrefuted: Edit = (story, random) => {
  const last = new Map<string, Extract<HistoryLine, { kind: 'status' }>[]>();
  for (const line of story.lines) {
    if (!isKind('status', 'swim')(line)) continue;
    const pair = `${line.member} ${line.subject}`;
    last.set(pair, [...(last.get(pair) ?? []), line]);
  }
  const accused = [...last.values()].filter(
    (held) => held.at(-1)?.status === 'alive' && held.at(-2)?.status !== 'alive',
  );
  const held = accused[random.int(Math.max(1, accused.length))];
  return held === undefined || held.length < 2 ? undefined : without(story.lines, (line) => line === held.at(-1));
};

/** The member's own word on its incarnation is missing, which others name. */
const withoutRefute: Edit = (story, random) => {
  const line = pick(story.lines, random, isKind('refute', 'swim'), (refute) =>
    story.lines.some(
      (other) =>
        isKind('status', 'swim')(other) &&
        other.subject === refute.member &&
        other.subjectLife === refute.life &&
        other.incarnation === refute.incarnation,
    ),
  );
  return line === undefined ? undefined : without(story.lines, (other) => other === line);
};

interface Members {
  readonly alive: readonly string[];
  readonly suspect: readonly string[];
}

function onMembers(everywhere: boolean, change: (members: Members) => Members, withDigest = true): Edit {
  return (story, random) => {
    const views = story.lines.filter(isView('swim'));
    // Not the first one alone, whose view might be the only one that is looked at.
    const chosen = everywhere ? views : views.slice(1).filter((_, i) => i === random.int(views.length - 1));
    let { lines } = story;
    for (const line of chosen) {
      const view = change(line.view as unknown as Members) as unknown as Data;
      lines = replace(lines, line, withDigest ? seeing(line, view) : { ...line, view });
    }
    return chosen.length === 0 ? undefined : lines;
  };
}

const leftOut = ({ alive, suspect }: Members): Members => ({ alive: alive.slice(0, -1), suspect });
const suspected = ({ alive }: Members): Members => ({ alive: alive.slice(0, -1), suspect: alive.slice(-1) });
const listedOld = ({ alive, suspect }: Members): Members => ({ alive: [...alive, 'n1/99'].sort(), suspect });

const unequalDigest: Edit = (story, random) => {
  const line = pick(story.lines, random, isView('swim'));
  return line === undefined ? undefined : replace(story.lines, line, { ...line, digest: 'ffffffffffffffff' });
};

/** One observer never says that a crashed member is dead. */
const undetected: Edit = (story, random) => {
  const line = pick(
    story.lines,
    random,
    isKind('status', 'swim'),
    ({ status, subject, time }) =>
      status === 'dead' &&
      story.lines.some(
        (other) => other.type === 'member' && other.event === 'crash' && other.member === subject && other.time < time,
      ),
  );
  if (line === undefined) return undefined;
  return without(
    story.lines,
    (other) =>
      (isKind('status', 'swim')(other) &&
        other.member === line.member &&
        other.subject === line.subject &&
        other.status !== 'alive' &&
        other.status !== 'suspect') ||
      (isKind('status', 'swim')(other) &&
        other.member === line.member &&
        other.subject === line.subject &&
        other.subjectLife > line.subjectLife),
  );
};

const EVERY = [QUIET, CUT, KILLED, REBORN, CHURN, ...DRAWN];
const SETTLED = [QUIET, QUIET_LATE, CUT_LATE];

const ROWS: readonly (readonly [by: string, edit: string, make: Edit, because: string, on: readonly Named[]])[] = [
  ['refutation', 'an incarnation never raised', inventedIncarnation, 'only the member itself raises it', EVERY],
  ['refutation', 'alive after dead', aliveAfterDead, 'it takes a higher incarnation', EVERY],
  ['refutation', 'back to an earlier life', backToEarlierLife, 'lives never come back', [REBORN, CHURN]],
  ['refutation', 'forgotten over a restart with state', forgetsOverRestart, 'its life knew more', [KILLED, CHURN]],
  ['refutation', 'a suspicion that stands', standingAccusation('suspect'), 'the accused is up', SETTLED],
  ['refutation', 'a death that stands', standingAccusation('dead'), 'the accused is up', SETTLED],
  ['refutation', 'a refutation never heard', unrefuted, 'time is over', [CUT_LATE]],
  ['refutation', 'a refutation never spoken', withoutRefute, 'others name what it never said', EVERY],
  ['convergence', 'all leave out one that is up', onMembers(true, leftOut), 'it has long been up', SETTLED],
  ['convergence', 'all suspect one that is up', onMembers(true, suspected), 'it has long been up', SETTLED],
  ['convergence', 'all list a life that never was', onMembers(true, listedOld), 'nobody lives it', SETTLED],
  ['convergence', 'one leaves out one that is up', onMembers(false, leftOut), 'all others list it', SETTLED],
  ['convergence', 'a view that its digest hides', onMembers(false, leftOut, false), 'the views differ', SETTLED],
  ['convergence', 'unequal digests at the end', unequalDigest, 'time is over', SETTLED],
  ['detection', 'a crash that one never declares', undetected, 'it was up and undisturbed', [KILLED, REBORN]],
];

testMutations(
  ROWS.map(([by, edit, make, because, on]): Mutation => ({ edit, make, because, by: [by], verdict: 'convicted', on })),
);
