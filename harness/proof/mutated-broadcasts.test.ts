/** True histories of broadcasts made false: see test-history.ts. */
import type { Random } from '../../impl/protocol.ts';
import type { HistoryLine } from '../model/history.ts';
import {
  type Edit,
  fieldsOf,
  finalTime,
  flagged,
  insertAfter,
  insertInTime,
  isInvoke,
  isKind,
  type Mutation,
  pick,
  replace,
  type Story,
  testMutations,
  without,
} from './test-history.ts';

const MS = 1e6;
const BOTH = { protocols: ['swim', 'rumor', 'bracha'] };
const QUIET = flagged('no fault', {}, { ...BOTH, timeMs: 20_000 });
const CUT = flagged('partition and loss', { partition: true, loss: '0.1' }, BOTH);
const CHURN = flagged('churn', { churn: '12/min' }, BOTH);
const QUIET_LATE = flagged('no fault, late end', {}, BOTH, 'late');
const CUT_LATE = flagged('partition and loss, late end', { partition: true, loss: '0.1' }, BOTH, 'late');
const LIARS_LATE = flagged('liars and loss, late end', { byzantine: '2:equivocate', loss: '0.05' }, BOTH, 'late');

const isCorrect = (story: Story, member: string): boolean => !story.faulty.has(member);

/** A delivery at a correct member of what a correct member broadcast. */
function someDelivery(story: Story, random: Random, channel: string) {
  return pick(
    story.lines,
    random,
    isKind('deliver', channel),
    (line) => isCorrect(story, line.member) && isCorrect(story, line.origin),
  );
}

function onDelivery(
  channel: string,
  change: (line: NonNullable<ReturnType<typeof someDelivery>>, story: Story) => HistoryLine | undefined,
): Edit {
  return (story, random) => {
    const line = someDelivery(story, random, channel);
    const changed = line === undefined ? undefined : change(line, story);
    return line === undefined || changed === undefined ? undefined : replace(story.lines, line, changed);
  };
}

const duplicateDelivery =
  (channel: string): Edit =>
  (story, random) => {
    const line = someDelivery(story, random, channel);
    return line === undefined ? undefined : insertAfter(story.lines, line, { ...line });
  };

const changedValue = (channel: string) => onDelivery(channel, (line) => ({ ...line, value: 'something else' }));
const changedSequence = (channel: string) =>
  onDelivery(channel, (line) => ({ ...line, sequence: line.sequence + 999 }));
const changedLife = (channel: string) => onDelivery(channel, (line) => ({ ...line, originLife: line.originLife + 1 }));
const changedOrigin = (channel: string) =>
  onDelivery(channel, (line, { plan, faulty }) => {
    const other = plan.members.find(({ name }) => name !== line.origin && !faulty.has(name));
    return other === undefined ? undefined : { ...line, origin: other.name };
  });

/** Everybody delivers what its correct origin never said. */
const ghostDelivery =
  (channel: string): Edit =>
  (story, random) => {
    const line = someDelivery(story, random, channel);
    if (line === undefined) return undefined;
    let lines = story.lines;
    for (const { name } of story.plan.members) {
      lines = insertAfter(lines, line, { ...line, member: name, sequence: 4321, value: 'ghost' });
    }
    return lines;
  };

/** A member delivers before the client has asked for the broadcast. */
const earlyDelivery =
  (channel: string): Edit =>
  (story, random) => {
    const line = someDelivery(story, random, channel);
    const accepted = story.lines.find(
      (other) =>
        isKind('broadcast', channel)(other) &&
        other.member === line?.origin &&
        other.life === line.originLife &&
        other.sequence === line.sequence,
    );
    if (line === undefined || accepted === undefined || !isKind('broadcast', channel)(accepted)) return undefined;
    return insertInTime(
      without(story.lines, (other) => other === line),
      { ...line, time: accepted.time - 20 * MS },
    );
  };

/** Of what was accepted so early that it is overdue at the end. */
function droppedDelivery(everywhere: boolean): Edit {
  return (story, random) => {
    const end = finalTime(story.lines);
    const line = pick(
      story.lines,
      random,
      isKind('deliver', 'bracha'),
      (found) =>
        isCorrect(story, found.member) &&
        found.time < end - 10_000 * MS &&
        (!everywhere || isCorrect(story, found.origin)),
    );
    if (line === undefined) return undefined;
    return without(
      story.lines,
      (other) =>
        isKind('deliver', 'bracha')(other) &&
        other.origin === line.origin &&
        other.originLife === line.originLife &&
        other.sequence === line.sequence &&
        (everywhere || other.member === line.member),
    );
  };
}

/** The client is told of another instance than the one that its origin accepted. */
const wrongInstance =
  (channel: string): Edit =>
  (story, random) => {
    const invoked = pick(
      story.lines,
      random,
      isInvoke(channel, 'broadcast'),
      (line) => isCorrect(story, line.member) && story.ends.get(line.op)?.type === 'ok',
    );
    const ended = invoked === undefined ? undefined : story.ends.get(invoked.op);
    if (ended === undefined) return undefined;
    const told = fieldsOf(ended.value);
    return replace(story.lines, ended, { ...ended, value: { ...told, sequence: Number(told.sequence) + 1 } });
  };

const deafMember =
  (channel: string): Edit =>
  ({ lines }) =>
    without(lines, (line) => isKind('deliver', channel)(line) && line.member === 'n2');

const ROWS = [
  ['a delivery twice', duplicateDelivery, 'a life delivers an instance once'],
  ['another value', changedValue, 'its origin said something else'],
  ['another sequence', changedSequence, 'its origin never got so far'],
  ['another life of the origin', changedLife, 'that life never said it'],
  ['another origin', changedOrigin, 'that one never said it'],
  ['a broadcast of nobody, delivered by all', ghostDelivery, 'its origin never broadcast it'],
  ['a delivery before the broadcast', earlyDelivery, 'nobody can know what has not been said'],
  ['a client told of another instance', wrongInstance, 'the origin accepted it as another one'],
] as const;

const ON = [QUIET, CUT, LIARS_LATE, CHURN];
const OVERDUE = [QUIET, QUIET_LATE, CUT_LATE, LIARS_LATE];

testMutations([
  ...ROWS.flatMap(([edit, make, because]): Mutation[] => [
    { edit: `bracha: ${edit}`, make: make('bracha'), because, by: ['broadcast-safety'], verdict: 'convicted', on: ON },
    { edit: `rumor: ${edit}`, make: make('rumor'), because, by: ['delivery'], verdict: 'convicted', on: ON },
  ]),
  {
    edit: 'bracha: a delivery missing',
    make: droppedDelivery(false),
    because: 'others have delivered it, and time is over',
    by: ['broadcast-safety'],
    verdict: 'convicted',
    on: OVERDUE,
  },
  {
    edit: 'bracha: all deliveries of a broadcast missing',
    make: droppedDelivery(true),
    because: 'a correct origin has accepted it, and time is over',
    by: ['broadcast-safety'],
    verdict: 'convicted',
    on: OVERDUE,
  },
  {
    edit: 'rumor: a member that never delivers',
    make: deafMember('rumor'),
    because: 'one pair in a thousand may be missed',
    by: ['coverage'],
    verdict: 'convicted',
    on: [QUIET, QUIET_LATE],
  },
]);
