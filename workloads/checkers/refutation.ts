/**
 * Suspicions and refutations (SWIM, section 4.2), per membership channel, in five parts:
 *
 * - `refuted`: what is said against a live member is taken back, by an alive with a higher incarnation, within the
 *   bound. The bound runs from the first moment, not before the accusation, from which every fault is off that long.
 * - `known`: at the end each correct member knows each live one in the life that it is in. After a restart with state
 *   it knows what it took up again, and says so (`recall`), and what it has heard since.
 * - `incarnations`: only a member raises its own incarnation: no other names one before the member itself has.
 * - `provoked`: it does so only to refute: somebody had accused it, at its incarnation or above and below the new one.
 *   Where members lie on the channel, what they said is not known, and this is not judged.
 * - `order`: each observer changes its mind only upwards in SWIM's order, restarts with state included.
 *
 * Members that lie on the channel are judged neither as observers nor as subjects.
 */
import type { CheckContext, Checker, JudgedChannel, Stay } from '../../harness/model/checker.ts';
import type { HistoryLine, ObserveLine } from '../../harness/model/history.ts';
import type { PropertyResult, Witness } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { type Belief, type BeliefLog, Beliefs, beliefLine } from './beliefs.ts';
import { type Claimed, claimOf, conclude, cutShort, liarsOf, neverUp } from './claims.ts';
import { excuseOf, latenessNote } from './lateness.ts';
import { disturbances, type Intervals, quietFrom } from './quiet.ts';
import { illegalStep } from './swim-order.ts';
import { clock } from './wording.ts';

const MS = 1e6;
const REAL_SLACK_MS = 200;

const PARTS = ['refuted', 'known', 'incarnations', 'provoked', 'order'] as const;
type Part = (typeof PARTS)[number];

/** A member's own word, as a line of the history. */
interface Raise {
  readonly time: number;
  readonly incarnation: number;
  readonly line: Extract<ObserveLine, { kind: 'status' | 'refute' }>;
}

interface Tally {
  judged: number;
  violations: number;
  witness: Witness | undefined;
}

export function createRefutationChecker(context: CheckContext): Checker {
  const judges = context.channels.flatMap((channel) => {
    const claimed = channel.role === 'membership' ? claimOf(context, channel, 'refutation') : undefined;
    return claimed === undefined ? [] : [new ChannelJudge(context, channel, claimed)];
  });
  return {
    wants: ['observe'],
    line(line: HistoryLine) {
      if (line.type !== 'observe') return;
      if (line.kind !== 'status' && line.kind !== 'recall' && line.kind !== 'refute') return;
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
  /** `observer subject` -> what it said last, or took up again after a restart with state, and in which of its stays. */
  readonly #held = new Map<string, { readonly stay: number; readonly belief: Belief }>();
  /** `member life` -> when the member itself first named each higher incarnation, rising in both. */
  readonly #raised = new Map<string, Raise[]>();
  /** `member life` -> incarnation -> when it was first accused at that, ns. */
  readonly #accused = new Map<string, Map<number, number>>();
  /** First naming by others of each incarnation above 0, in order of lines: judged when all lines are in. */
  readonly #named = new Map<string, { observer: string; subject: string; belief: Belief }>();
  readonly #tallies: Readonly<Record<Part, Tally>> = {
    refuted: { judged: 0, violations: 0, witness: undefined },
    known: { judged: 0, violations: 0, witness: undefined },
    incarnations: { judged: 0, violations: 0, witness: undefined },
    provoked: { judged: 0, violations: 0, witness: undefined },
    order: { judged: 0, violations: 0, witness: undefined },
  };
  #statuses = 0;
  #unjudged = 0;
  /** Accusations that stood at the end, too soon to judge though older than the heal. */
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

  line(line: ObserveLine): void {
    if (this.#liars.has(line.member)) return;
    if (line.kind === 'refute') this.#raise(line);
    if (line.kind !== 'status' && line.kind !== 'recall') return;
    this.#hold(line);
    if (line.kind === 'recall') return;
    this.#statuses++;
    const before = this.#beliefs.add(line);
    const { time, subject, subjectLife: life, status, incarnation, by } = line;
    if (this.#liars.has(subject)) return;
    const after: Belief = { time, life, status, incarnation, by };
    if (before !== undefined) {
      this.#tallies.order.judged++;
      const why = illegalStep(before, after);
      if (why !== undefined) {
        this.#convict('order', {
          summary:
            `${line.member} went from ${phrase(before)} to ${phrase(after)} about ${subject} ` +
            `at ${clock(time)}: ${why}.`,
          lines: [beliefLine(line.member, subject, before), beliefLine(line.member, subject, after)],
        });
      }
    }
    if (line.member === subject) {
      if (line.life === life) this.#raise(line);
      return;
    }
    if (incarnation > 0) this.#name(line.member, subject, after);
    if (status !== 'alive') this.#accuse(subject, after);
  }

  #hold(line: Extract<ObserveLine, { kind: 'status' | 'recall' }>): void {
    const { time, subject, subjectLife: life, status, incarnation } = line;
    const stay = (this.#context.timeline.stays.get(line.member)?.length ?? 0) - 1;
    this.#held.set(`${line.member} ${subject}`, { stay, belief: { time, life, status, incarnation } });
  }

  #raise(line: Raise['line']): void {
    const { time, incarnation } = line;
    const key = `${line.member} ${line.life}`;
    const list = this.#raised.get(key);
    if (list === undefined) this.#raised.set(key, [{ time, incarnation, line }]);
    else if (incarnation > (list.at(-1)?.incarnation ?? 0)) list.push({ time, incarnation, line });
  }

  #accuse(subject: string, { life, incarnation, time }: Belief): void {
    const key = `${subject} ${life}`;
    let accused = this.#accused.get(key);
    if (accused === undefined) {
      accused = new Map();
      this.#accused.set(key, accused);
    }
    accused.set(incarnation, Math.min(time, accused.get(incarnation) ?? time));
  }

  #name(observer: string, subject: string, belief: Belief): void {
    const key = `${subject} ${belief.life} ${belief.incarnation}`;
    const first = this.#named.get(key);
    if (first === undefined || belief.time < first.belief.time) this.#named.set(key, { observer, subject, belief });
  }

  #convict(part: Part, witness: Witness): void {
    this.#tallies[part].violations++;
    this.#tallies[part].witness ??= witness;
  }

  end(): PropertyResult {
    const { timeline, plan, cluster } = this.#context;
    this.#judgeIncarnations();
    if (this.#liars.size === 0) this.#judgeRaises();
    const boundMs = this.channel.bounds.refutationMs;
    if (boundMs !== undefined) {
      const quiet = disturbances(plan, timeline, cluster === 'sim' ? 0 : REAL_SLACK_MS);
      for (const log of this.#beliefs.logs) this.#judgeLog(log, quiet, boundMs * MS);
      // Where nobody says anything, nothing is known of what anybody knows.
      if (this.#statuses > 0) this.#judgeKnown(quiet, Math.max(boundMs, this.channel.bounds.convergenceMs ?? 0) * MS);
    }
    return this.#result(boundMs);
  }

  #judgeIncarnations(): void {
    for (const { observer, subject, belief } of this.#named.values()) {
      this.#tallies.incarnations.judged++;
      const raised = this.#raised
        .get(`${subject} ${belief.life}`)
        ?.find((own) => own.incarnation >= belief.incarnation);
      if (raised !== undefined && raised.time <= belief.time) continue;
      const own =
        raised === undefined
          ? `${subject} never raised its incarnation that far`
          : `${subject} raised its incarnation that far only at ${clock(raised.time)}`;
      this.#convict('incarnations', {
        summary: `${observer} held ${phrase(belief)} about ${subject} at ${clock(belief.time)}, but ${own}.`,
        lines: [beliefLine(observer, subject, belief)],
      });
    }
  }

  #judgeRaises(): void {
    for (const [key, raises] of this.#raised) {
      const accused = [...(this.#accused.get(key) ?? [])];
      let before = 0;
      for (const { time, incarnation, line } of raises) {
        if (incarnation === 0) continue;
        const from = before;
        before = incarnation;
        this.#tallies.provoked.judged++;
        if (accused.some(([at, since]) => at >= from && at < incarnation && since <= time)) continue;
        this.#convict('provoked', {
          summary:
            `${line.member} (life ${line.life}) raised its incarnation from ${from} to ${incarnation} at ${clock(time)}, ` +
            'though nobody had accused it.',
          lines: [{ ...line }],
        });
      }
    }
  }

  /** Every stretch of the log from a first accusation to the alive, or later life, that ends it. */
  #judgeLog(log: BeliefLog, quiet: Intervals, bound: number): void {
    if (log.observer === log.subject || this.#liars.has(log.subject)) return;
    const observerStay = this.#context.timeline.stays.get(log.observer)?.[log.stay];
    if (observerStay === undefined) return;
    let accused: Belief | undefined;
    for (const belief of log.beliefs) {
      if (accused !== undefined && (belief.status === 'alive' || belief.life > accused.life)) {
        this.#judgeAccusation(log, accused, belief.time, observerStay, quiet, bound);
        accused = undefined;
      }
      if (accused === undefined && belief.status !== 'alive') accused = belief;
    }
    if (accused !== undefined) this.#judgeAccusation(log, accused, undefined, observerStay, quiet, bound);
  }

  #judgeAccusation(
    log: BeliefLog,
    accused: Belief,
    takenBack: number | undefined,
    observerStay: Stay,
    quiet: Intervals,
    bound: number,
  ): void {
    const { timeline } = this.#context;
    const observerEnd = endOf(observerStay, timeline.lastTime);
    let live = false;
    for (const stay of timeline.stays.get(log.subject) ?? []) {
      const subjectEnd = Math.min(endOf(stay, timeline.lastTime), stay.leftAt ?? Number.POSITIVE_INFINITY);
      const from = Math.max(accused.time, stay.from);
      // Accused in another life, or true for as long as this stay lasted, or over before this stay began.
      if (stay.life !== accused.life || subjectEnd <= from || (takenBack ?? from) < from) continue;
      live = true;
      const start = quietFrom(quiet, from, Math.min(subjectEnd, observerEnd), bound);
      if (start === undefined) continue;
      if (takenBack !== undefined && takenBack <= start + bound) break;
      const at = takenBack ?? Math.min(subjectEnd, observerEnd);
      const excuse = excuseOf(this.#context, { from: start, deadline: start + bound, at });
      this.#excuse ??= excuse;
      if (excuse !== undefined) return;
      this.#tallies.refuted.judged++;
      this.#convict('refuted', this.#unrefuted(log, accused, takenBack, start, bound));
      return;
    }
    if (!live) return;
    if (takenBack !== undefined) this.#tallies.refuted.judged++;
    else {
      this.#unjudged++;
      const last = log.beliefs.at(-1);
      const healed = timeline.healedAt ?? Number.POSITIVE_INFINITY;
      const standing =
        this.#upAtEnd(log.subject, accused.life) && observerEnd >= (timeline.finalAt ?? timeline.lastTime);
      if (last !== undefined && last.status !== 'suspect' && accused.time <= healed && standing) this.#open++;
    }
  }

  #upAtEnd(member: string, life: number): boolean {
    const last = this.#context.timeline.stays.get(member)?.at(-1);
    return last?.life === life && last.leftAt === undefined && (last.ending === 'running' || last.ending === 'end');
  }

  #unrefuted(log: BeliefLog, accused: Belief, takenBack: number | undefined, start: number, bound: number): Witness {
    const outcome = takenBack === undefined ? 'never did' : `did only at ${clock(takenBack)}`;
    return {
      summary:
        `${log.observer} held ${phrase(accused)} about ${log.subject} from ${clock(accused.time)}, though it was up; ` +
        `undisturbed from ${clock(start)}, it had to take that back by ${clock(start + bound)} and ${outcome}.`,
      lines: log.beliefs.slice(-5).map((belief) => beliefLine(log.observer, log.subject, belief)),
    };
  }

  /** Each correct member that has been up and undisturbed for long enough at the end knows each such member's life. */
  #judgeKnown(quiet: Intervals, bound: number): void {
    const { timeline } = this.#context;
    const settled = timeline.lastTime - bound;
    for (const [observer, stays] of timeline.stays) {
      const stay = stays.at(-1);
      if (stay === undefined || this.#liars.has(observer) || !this.#upAtEnd(observer, stay.life)) continue;
      for (const [subject, subjectStays] of timeline.stays) {
        const subjectStay = subjectStays.at(-1);
        if (subject === observer || this.#liars.has(subject) || subjectStay === undefined) continue;
        if (!this.#upAtEnd(subject, subjectStay.life)) continue;
        const end = Math.min(endOf(stay, timeline.lastTime), endOf(subjectStay, timeline.lastTime));
        const from = Math.max(stay.from, subjectStay.from);
        const last = this.#lastBelief(observer, stays.length - 1, subject);
        if (last !== undefined && last.life >= subjectStay.life) this.#tallies.known.judged++;
        else if (from <= settled) {
          const start = quietFrom(quiet, from, end, bound);
          if (start === undefined) continue;
          const excuse = excuseOf(this.#context, { from: start, deadline: start + bound, at: end });
          this.#excuse ??= excuse;
          if (excuse !== undefined) continue;
          this.#tallies.known.judged++;
          this.#convict('known', {
            summary:
              `${subject} is up in life ${subjectStay.life} since ${clock(subjectStay.from)}, and at the end ` +
              `${observer} knows ${last === undefined ? 'nothing of it' : `only ${phrase(last)}`}.`,
            lines: last === undefined ? [] : [beliefLine(observer, subject, last)],
          });
        }
      }
    }
  }

  /** What this boot said last or took up again: what an earlier one knew may have been lost on the way. */
  #lastBelief(observer: string, stay: number, subject: string): Belief | undefined {
    const held = this.#held.get(`${observer} ${subject}`);
    return held?.stay === stay ? held.belief : undefined;
  }

  #result(boundMs: number | undefined): PropertyResult {
    const tallies = PARTS.map((part) => this.#tallies[part]);
    const details: Record<string, Data> = {
      statuses: this.#statuses,
      unjudged: this.#unjudged,
      boundMs: boundMs ?? null,
    };
    for (const part of PARTS) {
      details[part] = { judged: this.#tallies[part].judged, violations: this.#tallies[part].violations };
    }
    const broken = PARTS.filter((part) => this.#tallies[part].violations > 0);
    return conclude(this.#claimed, {
      judged: tallies.reduce((sum, tally) => sum + tally.judged, 0),
      violations: tallies.reduce((sum, tally) => sum + tally.violations, 0),
      witness: tallies.find((tally) => tally.witness !== undefined)?.witness,
      inapplicable: this.#context.plan.members.length < 2 ? 'a single member accuses nobody' : undefined,
      missing: this.#missing(boundMs),
      sound:
        `${this.#tallies.refuted.judged} accusations of live members were taken back in time, ` +
        `and ${this.#tallies.order.judged} changes of mind followed SWIM's order`,
      broken: broken
        .map((part) => `${part}: ${this.#tallies[part].violations} of ${this.#tallies[part].judged} broken`)
        .join('; ')
        .concat(this.#isLate ? latenessNote(this.#context) : ''),
      details,
    });
  }

  get #isLate(): boolean {
    return this.#tallies.refuted.violations > 0 || this.#tallies.known.violations > 0;
  }

  #missing(boundMs: number | undefined): string | undefined {
    if (boundMs === undefined) return `${this.channel.plan.protocol} claims refutation and states no bound for it`;
    if (this.#statuses === 0) return 'no member said what it believed of any';
    if (this.#open > 0) return `${this.#open} live members were still given up at the end, which came before the bound`;
    return this.#excuse ?? neverUp(this.#context) ?? cutShort(this.#context);
  }
}

function endOf(stay: Stay, lastTime: number): number {
  return Math.min(stay.until, lastTime);
}

function phrase(belief: Belief): string {
  return `${belief.status} (life ${belief.life}, incarnation ${belief.incarnation})`;
}
