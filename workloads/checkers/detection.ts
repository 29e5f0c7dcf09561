/**
 * Detection completeness (Chandra and Toueg's strong completeness, in bounded time; SWIM, section 3.1): each crashed
 * member is declared dead by every correct member.
 *
 * An obligation binds an observer that knew the member before it went down and is up from then to the deadline. The
 * bound runs from the first moment after the crash from which nothing else is disturbed for that long; where a crash
 * leaves no such stretch, nothing is owed. `left`, and knowledge of a later life, count as knowing that the life is over.
 */
import type { CheckContext, Checker, JudgedChannel, Stay } from '../../harness/model/checker.ts';
import { outsidersOf } from '../../harness/model/core.ts';
import type { HistoryLine } from '../../harness/model/history.ts';
import type { PlanOutline } from '../../harness/model/plan.ts';
import type { PropertyResult, Witness } from '../../harness/model/verdict.ts';
import { type Belief, Beliefs, beliefAt, beliefLine } from './beliefs.ts';
import { type Claimed, claimOf, conclude, cutShort, liarsOf } from './claims.ts';
import { excuseOf, latenessNote } from './lateness.ts';
import { disturbances, plannedDisturbances, quietFrom } from './quiet.ts';
import { clock, milliseconds } from './wording.ts';

const MS = 1e6;
/** Edges of faults on real clusters are messages to processes. */
const REAL_SLACK_MS = 200;
/** On real clusters a planned stretch this much longer than the bound is sure to be found in the run too. */
const REAL_PLAN_MARGIN_MS = 1500;

interface Crash {
  readonly member: string;
  readonly life: number;
  readonly at: number;
  /** When the same life came back; infinity where it never did. */
  readonly until: number;
}

export function createDetectionChecker(context: CheckContext): Checker {
  const judges = context.channels.flatMap((channel) => {
    const claimed = channel.role === 'membership' ? claimOf(context, channel, 'detection') : undefined;
    return claimed === undefined ? [] : [{ channel, claimed, beliefs: new Beliefs(context.timeline) }];
  });
  return {
    wants: ['observe'],
    line(line: HistoryLine) {
      if (line.type !== 'observe' || line.kind !== 'status') return;
      for (const judge of judges) if (judge.channel.name === line.channel) judge.beliefs.add(line);
    },
    end: () => judges.map(({ channel, claimed, beliefs }) => judge(context, channel, claimed, beliefs)),
  };
}

function judge(context: CheckContext, channel: JudgedChannel, claimed: Claimed, beliefs: Beliefs): PropertyResult {
  const { timeline, plan } = context;
  const boundMs = channel.bounds.detectionMs;
  const protocol = channel.plan.protocol;
  if (boundMs === undefined) {
    const missing = `${protocol} claims detection and states no bound for it`;
    return conclude(claimed, { judged: 0, violations: 0, missing, sound: '', broken: '' });
  }
  const liars = liarsOf(context, channel.name);
  const crashes = crashesOf(context).filter((crash) => !liars.has(crash.member));
  const slackMs = context.cluster === 'sim' ? 0 : REAL_SLACK_MS;
  let judged = 0;
  let unjudged = 0;
  let violations = 0;
  let slowestMs = 0;
  let witness: Witness | undefined;
  let excuse: string | undefined;
  for (const crash of crashes) {
    const disturbed = disturbances(plan, timeline, slackMs, crash.member);
    const start = quietFrom(disturbed, crash.at, crash.until, boundMs * MS);
    for (const [observer, stays] of timeline.stays) {
      if (observer === crash.member || liars.has(observer)) continue;
      const index = stays.findIndex((stay) => stay.from <= crash.at && endOf(stay, timeline.lastTime) > crash.at);
      const stay = stays[index];
      if (stay === undefined) continue;
      const held = beliefs.of(observer, crash.member, index);
      const known = beliefAt(held, crash.at);
      if (start === undefined || known === undefined || known.life < crash.life) {
        unjudged++;
        continue;
      }
      const deadline = start + boundMs * MS;
      const found = detectedAt(held, crash, start);
      if (found !== undefined && found <= deadline) {
        judged++;
        slowestMs = Math.max(slowestMs, (found - crash.at) / MS);
        continue;
      }
      const until = Math.min(endOf(stay, timeline.lastTime), stay.leftAt ?? Number.POSITIVE_INFINITY);
      const excused = excuseOf(context, { from: start, deadline, at: found ?? until });
      excuse ??= excused;
      if (until < deadline || excused !== undefined) unjudged++;
      else {
        judged++;
        violations++;
        witness ??= accuse(observer, crash, start, boundMs, held);
      }
    }
  }
  const none = judged === 0;
  const planned = plannedObligation(context, boundMs, liars);
  const within = `within ${milliseconds(boundMs)}`;
  return conclude(claimed, {
    judged,
    violations,
    witness,
    inapplicable: none && excuse === undefined ? planned : undefined,
    missing:
      excuse ??
      (none
        ? 'a crash was planned, but nobody was up and undisturbed for as long as detection may take'
        : cutShort(context)),
    sound: `each of ${judged} declarations of death that were owed came ${within}, the slowest in ${milliseconds(slowestMs)}`,
    broken: `${violations} of ${judged} declarations of death that were owed did not come ${within}${latenessNote(context)}`,
    details: { crashes: crashes.length, unjudged, boundMs, slowestMs },
  });
}

/** Ends of the run are no crash. */
function crashesOf({ timeline }: CheckContext): Crash[] {
  const crashes: Crash[] = [];
  for (const [member, stays] of timeline.stays) {
    stays.forEach((stay, index) => {
      if (stay.ending !== 'crash' && stay.ending !== 'stop') return;
      // A life that is followed by another is over for good: the obligation goes on while its successor is up.
      const next = stays[index + 1];
      const until = next === undefined || next.life !== stay.life ? Number.POSITIVE_INFINITY : next.from;
      crashes.push({ member, life: stay.life, at: stay.until, until });
    });
  }
  return crashes;
}

/** Why the plan owes no detection to anybody; undefined where it does. */
function plannedObligation(
  { plan, cluster }: CheckContext,
  boundMs: number,
  liars: ReadonlySet<string>,
): string | undefined {
  const { healAtMs, deadlineMs } = plan.closing;
  const slackMs = cluster === 'sim' ? 0 : REAL_SLACK_MS;
  const needed = (boundMs + (cluster === 'sim' ? 0 : REAL_PLAN_MARGIN_MS)) * MS;
  let planned = 0;
  for (const fault of plan.faults) {
    if (fault.type !== 'kill' && fault.type !== 'leave') continue;
    const forGood = fault.type === 'leave' || fault.restart !== 'with-state';
    const untilMs = forGood ? healAtMs + deadlineMs : Math.min(fault.untilMs, healAtMs);
    for (const target of fault.targets) {
      if (liars.has(target)) continue;
      planned++;
      const quiet = plannedDisturbances(plan, slackMs, target);
      const from = quietFrom(quiet, fault.atMs * MS, untilMs * MS, needed);
      if (from === undefined) continue;
      const owed = { knownMs: fault.atMs - boundMs, downMs: fault.atMs, dueMs: (from + needed) / MS };
      if (isOwedToSomebody(plan, liars, target, owed)) return undefined;
    }
  }
  if (planned === 0) return 'no crash is planned';
  return `no planned crash lasts, with every other fault off and somebody else up all along, for the ${Math.round(boundMs)} ms detection may take`;
}

/**
 * Whether the plan leaves somebody up who knew the member's life before it went down, until detection is due. What a life
 * that has only just begun, or an observer's, is known of or knows hangs on luck.
 */
function isOwedToSomebody(
  plan: PlanOutline,
  liars: ReadonlySet<string>,
  target: string,
  { knownMs, downMs, dueMs }: { readonly knownMs: number; readonly downMs: number; readonly dueMs: number },
): boolean {
  const outside = new Set(outsidersOf(plan));
  const isDown = (name: string, fromMs: number, untilMs: number): boolean =>
    plan.faults.some(
      (fault) =>
        (fault.type === 'kill' || fault.type === 'leave') &&
        fault.targets.includes(name) &&
        fault.atMs < untilMs &&
        fault.untilMs > fromMs,
    );
  const isObserver = (name: string): boolean => name !== target && !liars.has(name) && !outside.has(name);
  return (
    !isDown(target, knownMs, downMs) &&
    plan.members.some(({ name }) => isObserver(name) && !isDown(name, knownMs, dueMs))
  );
}

/** When the observer knew that the life was over: at `start` already, or later. ns. */
function detectedAt(held: readonly Belief[], crash: Crash, start: number): number | undefined {
  const over = (belief: Belief) =>
    belief.life > crash.life || (belief.life === crash.life && (belief.status === 'dead' || belief.status === 'left'));
  const before = beliefAt(held, start);
  if (before !== undefined && over(before)) return Math.max(crash.at, before.time);
  return held.find((belief) => belief.time > start && over(belief))?.time;
}

function endOf(stay: Stay, lastTime: number): number {
  return Math.min(stay.until, lastTime);
}

function accuse(observer: string, crash: Crash, start: number, boundMs: number, held: readonly Belief[]): Witness {
  const found = detectedAt(held, crash, start);
  const outcome = found === undefined ? 'never' : `only at ${clock(found)}`;
  return {
    summary:
      `${crash.member} (life ${crash.life}) went down at ${clock(crash.at)}; ${observer} was up and undisturbed from ` +
      `${clock(start)}, had to know by ${clock(start + boundMs * MS)}, and declared it dead ${outcome}.`,
    lines: [
      { type: 'member', time: crash.at, member: crash.member, life: crash.life, event: 'down' },
      ...held.slice(-5).map((belief) => beliefLine(observer, crash.member, belief)),
    ],
  };
}
