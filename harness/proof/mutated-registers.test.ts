/** True histories of registers made false: see test-history.ts. */
import type { Data, Random } from '../../impl/protocol.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import type { CompletionLine, InvokeLine } from '../model/history.ts';
import {
  type Edit,
  fieldsOf,
  finalTime,
  flagged,
  insertAfter,
  insertInTime,
  isInvoke,
  isKind,
  isView,
  MAP,
  type Mutation,
  pick,
  replace,
  type Story,
  seeing,
  story,
  testMutations,
  type Write,
  without,
} from './test-history.ts';
import { drawnPlan } from './test-scenario.ts';

const FAULTS = NEMESES.filter((nemesis) => nemesis.type !== 'byzantine');

const MS = 1e6;
const MAPS = { protocols: ['swim', MAP] };
const QUIET = flagged('no fault', {}, { ...MAPS, timeMs: 30_000 });
const CUT = flagged('partition and loss', { partition: true, loss: '0.1' }, MAPS);
const CHURN = flagged('churn', { churn: '12/min' }, MAPS);
const DRAWN = ['0', '1', '2'].map((seed) =>
  story(`drawn ${seed}`, () => drawnPlan(`mutated ${seed}`, MAPS.protocols, FAULTS)),
);
const QUIET_LATE = flagged('no fault, late end', {}, MAPS, 'late');
const CUT_LATE = flagged('partition and loss, late end', { partition: true, loss: '0.1' }, MAPS, 'late');

type Entries = Readonly<Record<string, readonly [version: string, value: Data]>>;

const entriesOf = (view: Data): Entries => view as unknown as Entries;

/** Rewrites final views of the map: at one correct member, or at all. */
function onFinalViews(
  everywhere: boolean,
  change: (entries: Entries, key: string, story: Story) => Entries | undefined,
  fits: (story: Story, key: string) => boolean = () => true,
): Edit {
  return (story, random) => {
    const views = story.lines.filter(isView(MAP));
    const chosen = everywhere ? views : views.slice(0).filter((_, i) => i === random.int(views.length));
    const [first] = chosen;
    if (first === undefined) return undefined;
    const keys = Object.entries(entriesOf(first.view))
      .filter(([key, [, value]]) => value !== null && fits(story, key))
      .map(([key]) => key);
    const key = keys[random.int(Math.max(1, keys.length))];
    if (key === undefined) return undefined;
    let { lines } = story;
    for (const line of chosen) {
      const entries = change(entriesOf(line.view), key, story);
      if (entries === undefined) return undefined;
      lines = replace(lines, line, seeing(line, entries as unknown as Data));
    }
    return lines;
  };
}

const withoutKey = (entries: Entries, key: string): Entries =>
  Object.fromEntries(Object.entries(entries).filter(([other]) => other !== key));

const byVersion = (a: Write, b: Write): number => (a.version < b.version ? -1 : 1);

/** The entry that an acknowledged earlier write of the key left. */
function olderEntry(entries: Entries, key: string, story: Story): Entries | undefined {
  const [older] = [...writesOf(story, key)].sort(byVersion);
  return older === undefined ? undefined : { ...entries, [key]: [older.version, older.value] };
}

/** Written by one who loses no life: nobody may say that the write died with its writer. */
const isOwed = (story: Story, key: string): boolean =>
  writesOf(story, key).some(({ invoked }) => !story.faulty.has(invoked.member));

/** Written so early that it is owed at the end wherever no fault ever was. */
const isOwedLong = (story: Story, key: string): boolean =>
  writesOf(story, key).some(({ invoked }) => invoked.time < finalTime(story.lines) - 18_000 * MS);

/** The last of its acknowledged writes is newer than the first, and no write that died with its writer. */
const hasOlder = (story: Story, key: string): boolean => {
  const writes = [...writesOf(story, key)].sort(byVersion);
  const last = writes.at(-1);
  return writes.length > 1 && last !== undefined && !story.faulty.has(last.invoked.member);
};

interface Read {
  readonly invoked: InvokeLine;
  readonly ended: CompletionLine;
  readonly key: string;
}

function someRead(story: Story, random: Random, and: (read: Read) => boolean): Read | undefined {
  const reads: Read[] = [];
  for (const invoked of story.lines) {
    if (!isInvoke(MAP, 'read')(invoked)) continue;
    const ended = story.ends.get(invoked.op);
    const key = fieldsOf(invoked.value).key;
    if (ended?.type !== 'ok' || typeof key !== 'string') continue;
    const read = { invoked, ended, key };
    if (and(read)) reads.push(read);
  }
  return reads[random.int(Math.max(1, reads.length))];
}

function onRead(
  and: (read: Read, story: Story) => boolean,
  result: (read: Read, story: Story) => Data | undefined,
): Edit {
  return (story, random) => {
    const read = someRead(story, random, (found) => and(found, story));
    const value = read === undefined ? undefined : result(read, story);
    return read === undefined || value === undefined
      ? undefined
      : replace(story.lines, read.ended, { ...read.ended, value });
  };
}

const isShown = ({ ended }: Read): boolean => typeof fieldsOf(ended.value).value === 'string';

/** Acknowledged writes of the key. */
const writesOf = ({ writes }: Story, key: string) => writes.get(key) ?? [];

const laterWrite = (read: Read, story: Story) =>
  writesOf(story, read.key).find(({ invoked }) => invoked.time > read.ended.time + 20 * MS);

const olderWrite = (read: Read, story: Story) =>
  writesOf(story, read.key).find(({ version }) => version < String(fieldsOf(read.ended.value).version));

/** A member takes over a version that is older than the one it has. */
const applyGoesBack: Edit = (story, random) => {
  const line = pick(story.lines, random, isKind('apply', MAP), (found) => {
    return writesOf(story, found.key).some(({ version }) => version < found.version);
  });
  const older =
    line === undefined ? undefined : writesOf(story, line.key).find(({ version }) => version < line.version);
  if (line === undefined || older === undefined) return undefined;
  const { time, member, life, channel, key } = line;
  return insertAfter(story.lines, line, {
    type: 'observe',
    kind: 'apply',
    time,
    member,
    life,
    channel,
    key,
    version: older.version,
  });
};

/** The client of one write is told the version of another one. */
const sharedVersion: Edit = (story, random) => {
  const ends = story.lines.filter(
    (line): line is CompletionLine => line.type === 'ok' && (line.f === 'write' || line.f === 'delete'),
  );
  const [one, other] = random.sample(ends, 2);
  return one === undefined || other === undefined
    ? undefined
    : replace(story.lines, one, { ...one, value: other.value });
};

/** An operation that was applied is said to have failed for certain. */
const failedYetApplied: Edit = (story, random) => {
  const line = pick(story.lines, random, isInvoke(MAP, 'write', 'delete'), ({ op }) => {
    const applied = story.lines.some((other) => isKind('apply', MAP)(other) && other.operation === op);
    return applied && story.ends.get(op)?.type === 'ok';
  });
  const ended = line === undefined ? undefined : story.ends.get(line.op);
  if (ended === undefined) return undefined;
  const { value: _, ...rest } = ended;
  return replace(story.lines, ended, { ...rest, type: 'fail', error: 'refused' });
};

const inventedVersion: Edit = (story, random) => {
  const line = pick(story.lines, random, isKind('apply', MAP), (found) => found.operation === undefined);
  return line === undefined
    ? undefined
    : insertAfter(story.lines, line, { ...line, version: `${line.version}x`, key: line.key });
};

/** A member takes over a version before the client has asked for the write. */
const earlyApply: Edit = (story, random) => {
  const line = pick(
    story.lines,
    random,
    isKind('apply', MAP),
    (found) =>
      found.operation === undefined &&
      !story.lines.some(
        (o) => isKind('apply', MAP)(o) && o !== found && o.member === found.member && o.key === found.key,
      ) &&
      writesOf(story, found.key).some(({ version }) => version === found.version),
  );
  const write =
    line === undefined ? undefined : writesOf(story, line.key).find(({ version }) => version === line.version);
  if (line === undefined || write === undefined) return undefined;
  return insertInTime(
    without(story.lines, (other) => other === line),
    { ...line, time: write.invoked.time - 20 * MS },
  );
};

const anyValue = (entries: Entries, key: string): Entries => ({
  ...entries,
  [key]: [entries[key]?.[0] ?? '', 'ghost'],
});
const shown = (write: Write | undefined): Data | undefined => write && { value: write.value, version: write.version };

const ROWS: readonly (readonly [by: string, edit: string, make: Edit, because: string])[] = [
  [
    'lost-writes',
    'an older version at the end, everywhere',
    onFinalViews(true, olderEntry, hasOlder),
    'the newer was acknowledged',
  ],
  [
    'lost-writes',
    'a key missing at the end, everywhere',
    onFinalViews(true, withoutKey, isOwed),
    'it was acknowledged',
  ],
  ['phantom-values', 'another value in a final view', onFinalViews(false, anyValue), 'that version is another value'],
  [
    'phantom-values',
    'a read of a value nobody wrote',
    onRead(isShown, ({ ended }) => ({ ...fieldsOf(ended.value), value: 'ghost' })),
    'nobody wrote it',
  ],
  [
    'phantom-values',
    'a read of a version of nobody',
    onRead(isShown, ({ ended }) => ({ ...fieldsOf(ended.value), version: '~' })),
    'that value has another version',
  ],
  [
    'phantom-values',
    'a read of what is written later',
    onRead(
      (read, told) => laterWrite(read, told) !== undefined,
      (read, told) => shown(laterWrite(read, told)),
    ),
    'nobody had written it yet',
  ],
  ['phantom-values', 'a write that failed, and was applied', failedYetApplied, 'failed is certainly not done'],
  ['phantom-values', 'a version of nobody', inventedVersion, 'no operation made it'],
  ['phantom-values', 'a version taken before its write', earlyApply, 'nobody had written it yet'],
  [
    'stale-reads',
    'a read behind what was shown',
    onRead(
      (read, told) => isShown(read) && olderWrite(read, told) !== undefined,
      (read, told) => shown(olderWrite(read, told)),
    ),
    'its life had the newer one',
  ],
  [
    'stale-reads',
    'a read of nothing where something was',
    onRead(isShown, () => ({ value: null, version: null })),
    'its life had a value',
  ],
  ['version-order', 'a version taken back', applyGoesBack, 'versions only rise'],
  ['version-order', 'two writes of one version', sharedVersion, 'a version is one write'],
];

const OVERDUE: readonly (readonly [edit: string, make: Edit])[] = [
  ['an older version at the end, at one', onFinalViews(false, olderEntry, hasOlder)],
  ['a key missing at the end, at one', onFinalViews(false, withoutKey, isOwed)],
];

testMutations([
  ...ROWS.map(([by, edit, make, because]): Mutation => {
    return { edit, make, because, by: [by], verdict: 'convicted', on: [QUIET, CUT, CHURN, ...DRAWN] };
  }),
  ...OVERDUE.map(([edit, make]): Mutation => {
    const by = ['lost-writes', ['convergence', MAP]] as const;
    return { edit, make, because: 'time is over', by, verdict: 'convicted', on: [QUIET_LATE, CUT_LATE] };
  }),
  {
    edit: 'an early write missing at one member, without any fault',
    make: onFinalViews(false, withoutKey, isOwedLong),
    because: 'nothing was ever in its way',
    by: ['lost-writes'],
    verdict: 'convicted',
    on: [QUIET],
  },
]);
