/**
 * Membership without refutation (Cassandra's gossip; Akka's reachability): whoever is given up comes back by being heard
 * of again, in the same generation. Per membership channel, in four parts:
 *
 * - `reinstated`: a live member that is held suspect or dead is listed alive again, in that life or a later one, within
 *   the bound. It runs from the first moment, not before the conviction, from which every fault is off that long.
 * - `known`: at the end each correct member lists each live one as alive, in the life that it is in.
 * - `generations`: nobody names a generation (the lines' `incarnation`) of a life that the member itself has not named
 *   before; it says so at each boot.
 * - `order`: what a boot of an observer says of a member never goes back to an earlier life or generation; within a life
 *   nothing comes after `left`. Neither protocol stores what it holds of others: the next boot hears it anew, in any order.
 *
 * Members that lie on the channel are judged neither as observers nor as subjects.
 */
import type { CheckContext, Checker, JudgedChannel, Stay } from '../../harness/model/checker.ts';
import type { HistoryLine, ObserveLine } from '../../harness/model/history.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { type Belief, type BeliefLog, Beliefs, beliefLine } from './beliefs.ts';
import { type Claimed, claimOf, conclude, cutShort, liarsOf } from './claims.ts';
import { excuseOf, latenessNote } from './lateness.ts';
import { disturbances, type Intervals, quietFrom } from './quiet.ts';
import { Violations } from './violations.ts';
import { clock } from './wording.ts';

const MS = 1e6;
/** Edges of faults on real clusters are messages to processes. */
const REAL_SLACK_MS = 200;

const PARTS = ['reinstated', 'known', 'generations', 'order'] as const;

class Tally extends Violations {
  judged = 0;
}

type StatusLine = ObserveLine & { readonly kind: 'status' };

export function createReinstatementChecker(context: CheckContext): Checker {
  const judges = context.channels.flatMap((channel) => {
    const claimed = channel.role === 'membership' ? claimOf(context, channel, 'reinstatement') : undefined;
    return claimed === undefined ? [] : [new ChannelJudge(context, channel, claimed)];
  });
  return {
    wants: ['observe'],
    line(line: HistoryLine) {
      if (line.type !== 'observe' || line.kind !== 'status') return;
      for (const judge of judges) if (judge.channel.name === line.channel) judge.line(line);
    },
    end: () => judges.map((judge) => judge.end()),
  };
}

class ChannelJudge {
  readonly channel: JudgedChannel;
  readonly #context: CheckContext;
  readonly #claimed: Claimed;
  readonly #liars: ReadonlySet<string>;
  readonly #beliefs: Beliefs;
  /** `member life` -> the generations that the member named itself, and when first. */
  readonly #own = new Map<string, Map<number, number>>();
  /** First naming of each generation by others, judged when all lines are in. */
  readonly #named = new Map<string, { observer: string; subject: string; belief: Belief }>();
  readonly #tallies = { reinstated: new Tally(), known: new Tally(), generations: new Tally(), order: new Tally() };
  #statuses = 0;
  #unjudged = 0;
  /** Convictions older than the heal that stood at the end, too soon to judge. */
  #open = 0;
  /** Why what came late shows nothing, where something did. */
  #excuse: string | undefined;

  constructor(context: CheckContext, channel: JudgedChannel, claimed: Claimed) {
    this.channel = channel;
    this.#context = context;
    this.#claimed = claimed;
    this.#liars = liarsOf(context, channel.name);
    this.#beliefs = new Beliefs(context.timeline);
  }

  line(line: StatusLine): void {
    const { member, subject, subjectLife: life, time, status, incarnation } = line;
    if (this.#liars.has(member) || this.#liars.has(subject)) return;
    if (member === subject) {
      if (life === line.life) this.#nameOwn(member, life, incarnation, time);
      return;
    }
    this.#statuses++;
    const before = this.#beliefs.add(line, 'boot');
    const belief: Belief = { time, life, status, incarnation, by: line.by };
    const key = `${subject} ${life} ${incarnation}`;
    const first = this.#named.get(key);
    if (first === undefined || time < first.belief.time) this.#named.set(key, { observer: member, subject, belief });
    if (before === undefined) return;
    this.#tallies.order.judged++;
    const why = illegalStep(before, belief);
    if (why === undefined) return;
    this.#tallies.order.add(
      () => `${member} went from ${phrase(before)} to ${phrase(belief)} about ${subject} at ${clock(time)}: ${why}.`,
      () => [beliefLine(member, subject, before), beliefLine(member, subject, belief)],
    );
  }

  #nameOwn(member: string, life: number, generation: number, time: number): void {
    const key = `${member} ${life}`;
    let own = this.#own.get(key);
    if (own === undefined) {
      own = new Map();
      this.#own.set(key, own);
    }
    if (!own.has(generation)) own.set(generation, time);
  }

  end(): PropertyResult {
    const { timeline, plan, cluster } = this.#context;
    this.#judgeGenerations();
    const { refutationMs, convergenceMs } = this.channel.bounds;
    if (refutationMs !== undefined) {
      const quiet = disturbances(plan, timeline, cluster === 'sim' ? 0 : REAL_SLACK_MS);
      for (const log of this.#beliefs.logs) this.#judgeLog(log, quiet, refutationMs * MS);
      // Where nobody says anything, nothing is known of what anybody knows.
      if (this.#statuses > 0) this.#judgeKnown(quiet, Math.max(refutationMs, convergenceMs ?? 0) * MS);
    }
    return this.#result(refutationMs);
  }

  #judgeGenerations(): void {
    const tally = this.#tallies.generations;
    for (const { observer, subject, belief } of this.#named.values()) {
      tally.judged++;
      const since = this.#own.get(`${subject} ${belief.life}`)?.get(belief.incarnation);
      if (since !== undefined && since <= belief.time) continue;
      const own = since === undefined ? 'never took that generation' : `took that generation only at ${clock(since)}`;
      tally.add(
        () => `${observer} held ${phrase(belief)} about ${subject} at ${clock(belief.time)}, but ${subject} ${own}.`,
        () => [beliefLine(observer, subject, belief)],
      );
    }
  }

  /** Every stretch of the log from a first conviction to the alive, or later life, that ends it. */
  #judgeLog(log: BeliefLog, quiet: Intervals, bound: number): void {
    let convicted: Belief | undefined;
    for (const belief of log.beliefs) {
      if (convicted !== undefined && (belief.status === 'alive' || belief.life > convicted.life)) {
        this.#judgeConviction(log, convicted, belief.time, quiet, bound);
        convicted = undefined;
      }
      if (convicted === undefined && belief.status !== 'alive') convicted = belief;
    }
    if (convicted !== undefined) this.#judgeConviction(log, convicted, undefined, quiet, bound);
  }

  #judgeConviction(
    log: BeliefLog,
    convicted: Belief,
    ended: number | undefined,
    quiet: Intervals,
    bound: number,
  ): void {
    const { timeline } = this.#context;
    const observer = timeline.stays.get(log.observer)?.[log.stay];
    if (observer === undefined) return;
    const observerEnd = endOf(observer, timeline.lastTime);
    let wasLive = false;
    for (const stay of timeline.stays.get(log.subject) ?? []) {
      const subjectEnd = Math.min(endOf(stay, timeline.lastTime), stay.leftAt ?? Number.POSITIVE_INFINITY);
      const from = Math.max(convicted.time, stay.from);
      // Convicted in another life, or rightly for as long as this stay lasted, or over before this stay began.
      if (stay.life !== convicted.life || subjectEnd <= from || (ended ?? from) < from) continue;
      wasLive = true;
      const start = quietFrom(quiet, from, Math.min(subjectEnd, observerEnd), bound);
      if (start === undefined) continue;
      if (ended !== undefined && ended <= start + bound) break;
      const at = ended ?? Math.min(subjectEnd, observerEnd);
      const excuse = excuseOf(this.#context, { from: start, deadline: start + bound, at });
      this.#excuse ??= excuse;
      if (excuse !== undefined) return;
      this.#tallies.reinstated.judged++;
      this.#tallies.reinstated.add(
        () =>
          `${log.observer} held ${phrase(convicted)} about ${log.subject} from ${clock(convicted.time)}, though it was ` +
          `up; undisturbed from ${clock(start)}, it had to list it again by ${clock(start + bound)} and ` +
          `${ended === undefined ? 'never did' : `did only at ${clock(ended)}`}.`,
        () => log.beliefs.slice(-5).map((belief) => beliefLine(log.observer, log.subject, belief)),
      );
      return;
    }
    if (!wasLive) return;
    if (ended !== undefined) this.#tallies.reinstated.judged++;
    else {
      this.#unjudged++;
      const healed = timeline.healedAt ?? Number.POSITIVE_INFINITY;
      const standing =
        this.#lastStay(log.subject)?.life === convicted.life && this.#lastStay(log.observer) === observer;
      if (convicted.time <= healed && standing) this.#open++;
    }
  }

  /** The stay that a member is in at the end of the run; undefined where it is down or was told to leave. */
  #lastStay(member: string): Stay | undefined {
    const last = this.#context.timeline.stays.get(member)?.at(-1);
    const isUp =
      last !== undefined && last.leftAt === undefined && (last.ending === 'running' || last.ending === 'end');
    return isUp ? last : undefined;
  }

  #judgeKnown(quiet: Intervals, bound: number): void {
    const { timeline } = this.#context;
    const members = [...timeline.stays.keys()].filter((name) => !this.#liars.has(name));
    const tally = this.#tallies.known;
    for (const observer of members) {
      const stay = this.#lastStay(observer);
      if (stay === undefined) continue;
      const index = (timeline.stays.get(observer)?.length ?? 0) - 1;
      for (const subject of members) {
        const subjectStay = this.#lastStay(subject);
        if (subject === observer || subjectStay === undefined) continue;
        const last = this.#beliefs.of(observer, subject, index).at(-1);
        if (last?.status === 'alive' && last.life >= subjectStay.life) {
          tally.judged++;
          continue;
        }
        // What was said last may be a conviction that has just begun: it has the bound's time as well.
        const from = Math.max(stay.from, subjectStay.from, last?.life === subjectStay.life ? last.time : 0);
        const start = quietFrom(quiet, from, timeline.lastTime, bound);
        if (start === undefined) continue;
        const excuse = excuseOf(this.#context, { from: start, deadline: start + bound, at: timeline.lastTime });
        this.#excuse ??= excuse;
        if (excuse !== undefined) continue;
        tally.judged++;
        tally.add(
          () =>
            `${subject} is up in life ${subjectStay.life} since ${clock(subjectStay.from)}, and at the end ` +
            `${observer} ${last === undefined ? 'knows nothing of it' : `holds ${phrase(last)}`}.`,
          () => (last === undefined ? [] : [beliefLine(observer, subject, last)]),
        );
      }
    }
  }

  #result(boundMs: number | undefined): PropertyResult {
    const details: Record<string, Data> = {
      statuses: this.#statuses,
      unjudged: this.#unjudged,
      boundMs: boundMs ?? null,
    };
    let judged = 0;
    let violations = 0;
    for (const part of PARTS) {
      const tally = this.#tallies[part];
      details[part] = { judged: tally.judged, violations: tally.count };
      judged += tally.judged;
      violations += tally.count;
    }
    const broken = PARTS.filter((part) => this.#tallies[part].count > 0);
    return conclude(this.#claimed, {
      judged,
      violations,
      witness: broken.map((part) => this.#tallies[part].witness)[0],
      inapplicable: this.#context.plan.members.length < 2 ? 'a single member gives up nobody' : undefined,
      missing: this.#missing(boundMs),
      sound:
        `${this.#tallies.reinstated.judged} live members that had been given up were listed again in time, ` +
        `and none of ${this.#tallies.order.judged} changes of mind went back`,
      broken: broken
        .map((part) => `${part}: ${this.#tallies[part].count} of ${this.#tallies[part].judged} broken`)
        .join('; ')
        .concat(this.#isLate ? latenessNote(this.#context) : ''),
      details,
    });
  }

  get #isLate(): boolean {
    return this.#tallies.reinstated.count > 0 || this.#tallies.known.count > 0;
  }

  #missing(boundMs: number | undefined): string | undefined {
    const protocol = this.channel.plan.protocol;
    if (boundMs === undefined) return `${protocol} claims reinstatement and states no bound for it`;
    if (this.#statuses === 0) return 'no member said what it believed of any';
    if (this.#open > 0) return `${this.#open} live members were still given up at the end, which came before the bound`;
    return this.#excuse ?? cutShort(this.#context);
  }
}

/** Why an observer may not go from `before` to `after`; undefined where it may. */
function illegalStep(before: Belief, after: Belief): string | undefined {
  if (after.life !== before.life) return after.life > before.life ? undefined : 'an earlier life never comes back';
  if (after.incarnation < before.incarnation) return 'an earlier generation never comes back';
  if (before.status === 'left' && after.status !== 'left') return 'whoever has left comes back in a later life only';
  return undefined;
}

function endOf(stay: Stay, lastTime: number): number {
  return Math.min(stay.until, lastTime);
}

function phrase(belief: Belief): string {
  return `${belief.status} (life ${belief.life}, generation ${belief.incarnation})`;
}
