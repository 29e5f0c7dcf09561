/**
 * True histories from which evidence is missing, or that tell of a run that did nothing: what needed it must not stay
 * valid. See test-history.ts.
 */
import type { HistoryLine } from '../model/history.ts';
import {
  type Edit,
  finalTime,
  flagged,
  insertInTime,
  isKind,
  MAP,
  type Mutation,
  type Named,
  seeing,
  testMutations,
  without,
  withoutType,
} from './test-history.ts';

const QUIET = flagged('no fault', {});
const CUT = flagged('partition', { partition: true }, { timeMs: 20_000 });
const KILLED = flagged('killed', { kill: '2' }, { timeMs: 30_000, faultEveryMs: 20_000, faultForMs: 12_000 });
const ON = [QUIET, CUT, KILLED];

const withoutPhase =
  (phase: 'heal' | 'final'): Edit =>
  ({ lines }) =>
    without(lines, (line) => line.type === 'phase' && line.phase === phase);

const withoutViewsOf =
  (member: string): Edit =>
  ({ lines }) =>
    without(lines, (line) => line.type === 'view' && line.member === member && line.view !== undefined);

/** Digests only. */
const withoutFullViews: Edit = ({ lines }) =>
  lines.map((line) => {
    if (line.type !== 'view' || line.view === undefined) return line;
    const { view: _, ...rest } = line;
    return rest;
  });

/** Every operation of the channel was refused, and nothing came of any. */
const allRefused =
  (channel: string): Edit =>
  ({ lines }) => {
    const ops = new Set(lines.flatMap((line) => (line.type === 'invoke' && line.channel === channel ? [line.op] : [])));
    return lines.flatMap((line): HistoryLine[] => {
      if (line.type === 'ok' || line.type === 'info') {
        if (!ops.has(line.op)) return [line];
        const { value: _, ...rest } = line;
        return [{ ...rest, type: 'fail', error: 'refused' }];
      }
      if (line.type === 'observe' && line.channel === channel) return [];
      if (line.type === 'view' && line.channel === channel) {
        return [line.view === undefined ? { ...line, digest: '0' } : seeing(line, channel === MAP ? {} : [])];
      }
      return [line];
    });
  };

const neverAsked =
  (channel: string): Edit =>
  (story, random) => {
    const ops = new Set(
      story.lines.flatMap((line) => (line.type === 'invoke' && line.channel === channel ? [line.op] : [])),
    );
    return without(allRefused(channel)(story, random) ?? [], (line) => 'op' in line && ops.has(line.op));
  };

const diedByItself: Edit = (story) => {
  const end = finalTime(story.lines);
  return insertInTime(story.lines, {
    type: 'member',
    time: end - 1,
    member: 'n2',
    life: 1,
    event: 'crash',
    reason: 'unexpected: exit code 1',
  });
};

const killedByNobody: Edit = (story) =>
  insertInTime(story.lines, {
    type: 'member',
    time: finalTime(story.lines) - 1,
    member: 'n2',
    life: 1,
    event: 'crash',
    reason: 'killed',
  });

const MEMBERS = ['convergence', 'swim'] as const;
const VALUES = ['convergence', MAP] as const;
const REGISTER = ['lost-writes', 'phantom-values', 'stale-reads', 'version-order'];
const LIVENESS = [MEMBERS, VALUES, 'lost-writes', 'broadcast-safety', 'refutation', 'coverage'];
const noStatuses: Edit = ({ lines }) => without(without(lines, isKind('status')), isKind('recall'));
const noDeliveries: Edit = ({ lines }) => without(lines, isKind('deliver'));
const noApplications: Edit = ({ lines }) => without(lines, isKind('apply'));

const ROWS: readonly (readonly [edit: string, make: Edit, by: Mutation['by'], on?: readonly Named[]])[] = [
  [
    'no observations',
    withoutType('observe'),
    ['version-order', 'delivery', 'coverage', 'refutation', 'broadcast-safety'],
  ],
  ['no observations of a kill', withoutType('observe'), ['detection'], [KILLED]],
  ['no statuses', noStatuses, ['coverage', 'refutation']],
  ['no statuses after a kill', noStatuses, ['detection'], [KILLED]],
  ['no deliveries', noDeliveries, ['delivery', 'broadcast-safety', 'coverage']],
  ['no applications', noApplications, ['version-order']],
  ['no views', withoutType('view'), [MEMBERS, VALUES, 'lost-writes']],
  ['no full views', withoutFullViews, [MEMBERS, 'lost-writes']],
  ['no last views of one member', withoutViewsOf('n2'), [MEMBERS, VALUES, 'lost-writes']],
  ['no members', withoutType('member'), [...LIVENESS, 'no-crash']],
  ['no members in a kill', withoutType('member'), ['detection'], [KILLED]],
  [
    'no operations',
    withoutType('invoke', 'ok', 'fail', 'info'),
    ['lost-writes', 'phantom-values', 'stale-reads', 'delivery', 'coverage', 'broadcast-safety'],
  ],
  ['no answers', withoutType('ok', 'fail', 'info'), ['stale-reads']],
  ['writes and reads refused', allRefused(MAP), [VALUES, ...REGISTER]],
  ['writes and reads never asked for', neverAsked(MAP), [VALUES, ...REGISTER]],
  ['broadcasts refused', allRefused('rumor'), ['delivery', 'coverage']],
  ['broadcasts never asked for', neverAsked('rumor'), ['delivery', 'coverage']],
  ['reliable broadcasts refused', allRefused('bracha'), ['broadcast-safety']],
  ['reliable broadcasts never asked for', neverAsked('bracha'), ['broadcast-safety']],
  ['no final phase', withoutPhase('final'), LIVENESS],
  ['no heal', withoutPhase('heal'), LIVENESS],
  ['no phases', withoutType('phase'), LIVENESS],
  ['no end', withoutType('end'), LIVENESS],
  ['no final phase after a kill', withoutPhase('final'), ['detection'], [KILLED]],
  ['no end after a kill', withoutType('end'), ['detection'], [KILLED]],
  ['an empty history', () => [], [...LIVENESS, ...REGISTER, 'delivery', 'no-crash']],
  ['one that died by itself', diedByItself, ['no-crash'], [QUIET, CUT]],
  ['one that was killed by nobody', killedByNobody, ['no-crash'], [QUIET, CUT]],
];

testMutations(
  ROWS.map(([edit, make, by, on = ON]): Mutation => {
    return { edit, make, because: 'what it needs is missing', by, verdict: 'not green', on };
  }),
);
