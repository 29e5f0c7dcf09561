/**
 * Judges reliable broadcast (Bracha; Cachin, Guerraoui, Rodrigues, section 3.11) among the correct members: those that do not
 * lie and lose no life. Per instance (origin, life, sequence):
 *
 * - validity: what a correct origin broadcast is delivered by every correct member;
 * - no duplication: at most once at each;
 * - integrity: with a correct origin, only what that origin broadcast;
 * - consistency: no two correct members deliver different values;
 * - totality: if one correct member delivers, all do.
 *
 * Validity and totality are judged once the broadcast (or the first delivery) was followed by as long as delivery may
 * take with every fault off and every correct member up; what is still missing before that is unknown.
 */
import type { CheckContext, Checker, JudgedChannel } from '../../harness/model/checker.ts';
import type { HistoryLine } from '../../harness/model/history.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { BroadcastLog, type Deliver, FAIL } from './broadcast-log.ts';
import { claimOf, conclude, cutShort, operationsPlanned, unplannedLosses } from './claims.ts';
import { excuseOf, latenessNote } from './lateness.ts';
import { absences, disturbances, merged, quietFrom } from './quiet.ts';
import { Violations } from './violations.ts';
import { clock, names, plural } from './wording.ts';

export function createBroadcastSafetyChecker(context: CheckContext): Checker {
  const channels = context.channels.filter((channel) => channel.role === 'reliable-broadcast');
  const folds = new Map(channels.map((channel) => [channel.name, new SafetyFold(context, channel)]));
  const all = [...folds.values()];
  return {
    wants: ['invoke', 'ok', 'fail', 'info', 'observe', 'member'],
    line(line: HistoryLine): void {
      switch (line.type) {
        case 'invoke':
          if (line.f === 'broadcast') folds.get(line.channel)?.log.invoke(line);
          break;
        case 'ok':
        case 'fail':
        case 'info':
          for (const fold of all) if (fold.log.complete(line)) break;
          break;
        case 'observe':
          if (line.kind === 'deliver') folds.get(line.channel)?.deliver(line);
          else if (line.kind === 'broadcast') folds.get(line.channel)?.log.accept(line);
          break;
        case 'member':
          if (line.event === 'up') for (const fold of all) fold.boot(line.member, line.life);
          break;
        default:
      }
    },
    end: () => all.map((fold) => fold.judge()).filter((property) => property !== undefined),
  };
}

type Part = 'validity' | 'noDuplication' | 'integrity' | 'consistency' | 'totality';

class SafetyFold {
  readonly log: BroadcastLog;
  readonly #context: CheckContext;
  readonly #channel: JudgedChannel;
  readonly #violations = new Violations();
  readonly #counts: Record<Part, number> = { validity: 0, noDuplication: 0, integrity: 0, consistency: 0, totality: 0 };
  /** By roster index; from the plan alone, because deliveries are judged as they pass. */
  readonly #correct: readonly boolean[];
  #deliveries = 0;

  constructor(context: CheckContext, channel: JudgedChannel) {
    const { byzantine, livesLost } = context.conditions;
    const faulty = new Set([...byzantine, ...livesLost]);
    this.#context = context;
    this.#channel = channel;
    this.log = new BroadcastLog(context.plan.members.map((member) => member.name));
    this.#correct = this.log.roster.map((name) => !faulty.has(name));
  }

  boot(memberName: string, life: number): void {
    const member = this.log.memberIndex.get(memberName);
    if (member !== undefined) this.log.boot(member, life);
  }

  #isCorrect(member: string): boolean {
    return this.#correct[this.log.memberIndex.get(member) ?? -1] === true;
  }

  #violate(part: Part, summary: () => string, lines: () => readonly (Data | undefined)[]): void {
    this.#counts[part]++;
    this.#violations.add(summary, lines);
  }

  deliver(line: Deliver): void {
    const { log } = this;
    const member = log.memberIndex.get(line.member);
    if (member === undefined || this.#correct[member] !== true) return;
    this.#deliveries++;
    const { instance, twice, differs } = log.deliver(line, member);
    const lines = () => [log.firstLine(instance), line as Data];
    if (twice) {
      const summary = () =>
        `No duplication: ${line.member} delivered ${log.name(instance)} twice, again at ${clock(line.time)}.`;
      this.#violate('noDuplication', summary, lines);
    } else if (differs) {
      this.#violate(
        'consistency',
        () => {
          const first = log.member(log.firstMember.get(instance));
          const text = log.values.text(log.firstValue.get(instance));
          return `Consistency: ${first} delivered ${log.name(instance)} as ${text}, ${line.member} as ${JSON.stringify(line.value)}.`;
        },
        lines,
      );
      // One of the two is not what a correct origin said; which one shows below for the first.
    }
  }

  judge(): PropertyResult | undefined {
    const context = this.#context;
    const claimed = claimOf(context, this.#channel, 'broadcast-safety');
    if (claimed === undefined) return undefined;
    const { log } = this;
    const lost = unplannedLosses(context);
    const obliged = log.roster.map((_, i) => i).filter((i) => this.#correct[i] && !lost.includes(log.member(i)));
    const cut = cutShort(context);
    const endAt = cut === undefined ? (context.timeline.finalAt ?? 0) : Number.NEGATIVE_INFINITY;
    const boundNs = (this.#channel.bounds.deliveryMs ?? Number.POSITIVE_INFINITY) * 1e6;
    const { plan, timeline, conditions } = context;
    const inTheWay = merged([
      ...disturbances(plan, timeline, conditions.schedulingMs),
      ...absences(timeline, new Set(obliged.map((member) => log.member(member)))),
    ]);
    let pending = 0;
    let excuse: string | undefined;
    let isLate = false;
    let judged = 0;
    for (let instance = 0; instance < log.instances; instance++) {
      const origin = log.origin[instance] ?? '?';
      const slot = log.instanceOp.get(instance);
      const delivered = log.firstValue.get(instance) >= 0;
      const honest = this.#isCorrect(origin);
      if (honest && delivered) this.#judgeIntegrity(instance, slot);
      const accepted = honest && slot >= 0 && log.opOutcome.get(slot) !== FAIL;
      if (!accepted && !delivered) continue;
      judged++;
      const lacking = log.lacking(instance, obliged);
      if (lacking.length === 0) continue;
      const since = accepted ? log.acceptedAt.get(instance) : log.firstAt.get(instance);
      const start = quietFrom(inTheWay, since, endAt, boundNs);
      if (start === undefined) {
        pending++;
        continue;
      }
      const excused = excuseOf(context, { from: start, deadline: start + boundNs, at: endAt });
      excuse ??= excused;
      if (excused !== undefined) continue;
      isLate = true;
      const who = names(lacking.map((member) => log.member(member)));
      const lines = () => [slot < 0 ? undefined : log.invokeLine(slot), log.firstLine(instance)];
      if (accepted && !lost.includes(origin)) {
        this.#violate('validity', () => `Validity: ${log.name(instance)} never reached ${who}.`, lines);
      }
      if (delivered) {
        const first = log.member(log.firstMember.get(instance));
        const summary = () => `Totality: ${first} delivered ${log.name(instance)}, and ${who} never did.`;
        this.#violate('totality', summary, lines);
      }
    }
    this.#judgeConflicts();
    const violations = this.#violations.count;
    const planned = operationsPlanned(context, this.#channel.name).has('broadcast');
    return conclude(claimed, {
      judged,
      violations,
      witness: this.#violations.witness,
      inapplicable: planned ? undefined : 'the plan has no broadcasts on this channel',
      missing: excuse ?? this.#missing(judged, pending, cut, lost),
      sound: `${plural(judged, 'broadcast')} delivered alike by all ${obliged.length} correct members`,
      broken: `${plural(violations, 'violation')} in ${plural(judged, 'broadcast')}: ${this.#tally()}${isLate ? latenessNote(context) : ''}`,
      details: { ...this.#counts, deliveries: this.#deliveries, pending, correct: obliged.length },
    });
  }

  #judgeIntegrity(instance: number, slot: number): void {
    const { log } = this;
    const member = log.member(log.firstMember.get(instance));
    const text = log.values.text(log.firstValue.get(instance));
    const what = `Integrity: ${member} delivered ${log.name(instance)} as ${text}`;
    const lines = () => [slot < 0 ? undefined : log.invokeLine(slot), log.firstLine(instance)];
    if (slot < 0 && log.claimUnanswered(instance) >= 0) return;
    if (slot < 0) this.#violate('integrity', () => `${what}, which its origin never broadcast.`, lines);
    else if (log.opOutcome.get(slot) === FAIL) {
      this.#violate('integrity', () => `${what}, though its origin had refused to broadcast it.`, lines);
    } else if (log.opValue.get(slot) !== log.firstValue.get(instance)) {
      const said = log.values.text(log.opValue.get(slot));
      this.#violate('integrity', () => `${what}, but its origin broadcast ${said}.`, lines);
    } else if (log.cameEarly(instance, this.#context.conditions.schedulingMs)) {
      const asked = clock(log.opInvokedAt.get(slot));
      this.#violate('integrity', () => `${what} before it was asked for at ${asked}.`, lines);
    }
  }

  /** A correct origin accepts each operation as one instance, and tells its client so. */
  #judgeConflicts(): void {
    const { log } = this;
    for (const conflict of log.conflicts) {
      if (this.#correct[log.opMember.get(conflict.slot)] !== true) continue;
      const lines = () => [log.invokeLine(conflict.slot), log.firstLine(conflict.instance)];
      this.#violate('integrity', () => `Integrity: ${log.conflictText(conflict)}.`, lines);
    }
  }

  #missing(judged: number, pending: number, cut: string | undefined, lost: readonly string[]): string | undefined {
    if (pending > 0) {
      const why = cut ?? 'the run ended before the time for delivery was over';
      return `${plural(pending, 'broadcast')} had not reached every correct member: ${why}`;
    }
    if (cut !== undefined) return cut;
    if (lost.length > 0) return `${names(lost)} died without being told to`;
    const { unnamed } = this.log;
    if (unnamed > 0) return `${plural(unnamed, 'accepted broadcast')} came without its instance`;
    return judged === 0 ? 'no broadcast was accepted' : undefined;
  }

  #tally(): string {
    return Object.entries(this.#counts)
      .filter(([, count]) => count > 0)
      .map(([part, count]) => `${part} ${count}`)
      .join(', ');
  }
}
