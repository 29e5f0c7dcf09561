/**
 * Judges consensus (Cachin, Guerraoui, Rodrigues 2011, section 5.2, in its uniform form: what a member decided before
 * it failed counts). Per instance:
 *
 * - agreement: no two decisions differ, of whatever member and life, and no client is told another value;
 * - validity: only a value that a client proposed for this very instance is decided;
 * - irrevocability: a life decides once, restarts with state included;
 * - termination: what a correct member accepted, or decided, is decided by every correct member within the bound after
 *   the heal. Correct is who loses no life; before the bound has passed, what is missing is unknown.
 */
import type { CheckContext, Checker, JudgedChannel } from '../../harness/model/checker.ts';
import type { CompletionLine, HistoryLine, InvokeLine, ObserveLine } from '../../harness/model/history.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { claimOf, conclude, cutShort, liarsOf, operationsPlanned, unplannedLosses, wholeSince } from './claims.ts';
import { excuseOf, latenessNote } from './lateness.ts';
import { Violations } from './violations.ts';
import { canonical, clock, names, plural, short } from './wording.ts';

type Decide = Extract<ObserveLine, { kind: 'decide' }>;
type Propose = Extract<ObserveLine, { kind: 'propose' }>;

export function createConsensusChecker(context: CheckContext): Checker {
  const channels = context.channels.filter((channel) => channel.role === 'consensus');
  const folds = new Map(channels.map((channel) => [channel.name, new ConsensusFold(context, channel)]));
  const all = [...folds.values()];
  return {
    wants: ['invoke', 'ok', 'observe'],
    line(line: HistoryLine): void {
      if (line.type === 'invoke') {
        if (line.f === 'propose') folds.get(line.channel)?.invoke(line);
      } else if (line.type === 'ok') {
        for (const fold of all) fold.complete(line);
      } else if (line.type === 'observe') {
        if (line.kind === 'decide') folds.get(line.channel)?.decide(line);
        else if (line.kind === 'propose') folds.get(line.channel)?.accept(line);
      }
    },
    end: () => all.flatMap((fold) => fold.judge()),
  };
}

interface InstanceLog {
  /** Values that clients proposed, as text. */
  readonly proposed: Set<string>;
  /** Values decided or told to clients, as text, each with the line that said so first. */
  readonly decided: Map<string, Decide | CompletionLine>;
  /** Members, with the lives in which they decided. */
  readonly deciders: Map<string, Map<number, Decide>>;
  /** When a correct member first accepted a proposal or decided; ns. */
  dueSince: number;
  /** What made it due. */
  dueLine: Propose | Decide | undefined;
}

type Part = 'agreement' | 'validity' | 'irrevocability';

function fieldOf(data: Data | undefined, name: string): Data | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  return (data as { readonly [key: string]: Data | undefined })[name];
}

class ConsensusFold {
  readonly #context: CheckContext;
  readonly #channel: JudgedChannel;
  readonly #instances = new Map<number, InstanceLog>();
  /** Instances that operations under way are for. */
  readonly #operations = new Map<number, number>();
  readonly #correct: ReadonlySet<string>;
  /** What they decide, or tell their clients, is not judged. */
  readonly #liars: ReadonlySet<string>;
  readonly #violations = new Violations();
  readonly #counts: Record<Part, number> = { agreement: 0, validity: 0, irrevocability: 0 };
  #decisions = 0;

  constructor(context: CheckContext, channel: JudgedChannel) {
    const lost = new Set(context.conditions.livesLost);
    this.#context = context;
    this.#channel = channel;
    this.#liars = liarsOf(context, channel.name);
    const roster = context.plan.members.map(({ name }) => name);
    this.#correct = new Set(roster.filter((name) => !lost.has(name) && !this.#liars.has(name)));
  }

  #instance(number: number): InstanceLog {
    let log = this.#instances.get(number);
    if (log === undefined) {
      log = {
        proposed: new Set(),
        decided: new Map(),
        deciders: new Map(),
        dueSince: Number.POSITIVE_INFINITY,
        dueLine: undefined,
      };
      this.#instances.set(number, log);
    }
    return log;
  }

  invoke(line: InvokeLine): void {
    const number = fieldOf(line.value, 'instance');
    if (typeof number !== 'number') return;
    this.#operations.set(line.op, number);
    this.#instance(number).proposed.add(canonical(fieldOf(line.value, 'value')));
  }

  accept(line: Propose): void {
    this.#due(line);
  }

  #due(line: Propose | Decide): void {
    if (!this.#correct.has(line.member)) return;
    const log = this.#instance(line.instance);
    if (line.time >= log.dueSince) return;
    log.dueSince = line.time;
    log.dueLine = line;
  }

  complete(line: CompletionLine): void {
    const number = this.#operations.get(line.op);
    if (number === undefined) return;
    this.#operations.delete(line.op);
    if (this.#liars.has(line.member)) return;
    this.#value(number, fieldOf(line.value, 'decided'), line);
  }

  decide(line: Decide): void {
    if (this.#liars.has(line.member)) return;
    this.#decisions++;
    this.#due(line);
    const log = this.#instance(line.instance);
    const lives = log.deciders.get(line.member) ?? new Map<number, Decide>();
    log.deciders.set(line.member, lives);
    const before = lives.get(line.life);
    if (before === undefined) lives.set(line.life, line);
    else {
      this.#violate(
        'irrevocability',
        () =>
          `Irrevocability: ${line.member} (life ${line.life}) decided instance ${line.instance} as ` +
          `${short(canonical(before.value))}, and again at ${clock(line.time)} as ${short(canonical(line.value))}.`,
        [before, line],
      );
    }
    this.#value(line.instance, line.value, line);
  }

  /** Notes what a decision or an answer says; a differing value is counted once, not for each member that has it. */
  #value(number: number, value: Data | undefined, line: Decide | CompletionLine): void {
    const { decided } = this.#instance(number);
    const text = canonical(value);
    if (decided.has(text)) return;
    const [first] = decided;
    decided.set(text, line);
    if (first === undefined) return;
    const verb = line.type === 'observe' ? 'decided' : 'told its client';
    this.#violate(
      'agreement',
      () =>
        `Agreement: ${first[1].member} has ${short(first[0])} for instance ${number}, and ${line.member} ${verb} ` +
        `${short(text)} at ${clock(line.time)}.`,
      [first[1], line],
    );
  }

  #violate(part: Part, summary: () => string, lines: readonly HistoryLine[]): void {
    this.#counts[part]++;
    this.#violations.add(summary, () => lines.map((line) => ({ ...line }) as Data));
  }

  judge(): PropertyResult[] {
    return [this.#judgeSafety(), this.#judgeTermination()].filter((property) => property !== undefined);
  }

  #inapplicable(): string | undefined {
    const planned = operationsPlanned(this.#context, this.#channel.name).has('propose');
    return planned ? undefined : 'the plan has no proposals on this channel';
  }

  #judgeSafety(): PropertyResult | undefined {
    const claimed = claimOf(this.#context, this.#channel, 'consensus-safety');
    if (claimed === undefined) return undefined;
    let judged = 0;
    for (const [number, { proposed, decided }] of this.#instances) {
      if (decided.size > 0) judged++;
      for (const [text, line] of decided) {
        if (proposed.has(text)) continue;
        const summary = () =>
          `Validity: ${line.member} has ${short(text)} for instance ${number}, which no client proposed for it.`;
        this.#violate('validity', summary, [line]);
      }
    }
    const violations = this.#violations.count;
    const tally = Object.entries(this.#counts).filter(([, count]) => count > 0);
    return conclude(claimed, {
      judged,
      violations,
      witness: this.#violations.witness,
      inapplicable: this.#inapplicable(),
      missing: judged === 0 ? 'nothing was decided' : undefined,
      sound: `${plural(judged, 'instance')} decided alike, in ${plural(this.#decisions, 'decision')}`,
      broken: `${plural(violations, 'violation')} in ${plural(judged, 'instance')}: ${tally.map(([part, count]) => `${part} ${count}`).join(', ')}`,
      details: { ...this.#counts, decisions: this.#decisions },
    });
  }

  #judgeTermination(): PropertyResult | undefined {
    const context = this.#context;
    const claimed = claimOf(context, this.#channel, 'consensus-termination');
    if (claimed === undefined) return undefined;
    const lost = unplannedLosses(context);
    const obliged = [...this.#correct].filter((name) => !lost.includes(name));
    const cut = cutShort(context);
    const endAt = cut === undefined ? (context.timeline.finalAt ?? 0) : Number.NEGATIVE_INFINITY;
    const boundNs = (this.#channel.bounds.deliveryMs ?? Number.POSITIVE_INFINITY) * 1e6;
    const wholeFrom = wholeSince(context);
    const violations = new Violations();
    let judged = 0;
    let pending = 0;
    let excuse: string | undefined;
    for (const [number, { dueSince, dueLine, deciders }] of this.#instances) {
      if (dueLine === undefined) continue;
      judged++;
      const lacking = obliged.filter((name) => !deciders.has(name));
      if (lacking.length === 0) continue;
      if (endAt - Math.max(wholeFrom, dueSince) < boundNs) {
        pending++;
        continue;
      }
      const from = Math.max(wholeFrom, dueSince);
      const excused = excuseOf(context, { from, deadline: from + boundNs, at: endAt });
      excuse ??= excused;
      if (excused !== undefined) continue;
      const what = dueLine.kind === 'decide' ? 'decided it' : 'accepted a proposal for it';
      violations.add(
        () =>
          `Termination: instance ${number} was never decided by ${names(lacking)}; ${dueLine.member} ${what} at ${clock(dueSince)}.`,
        () => [{ ...dueLine } as Data],
      );
    }
    return conclude(claimed, {
      judged,
      violations: violations.count,
      witness: violations.witness,
      inapplicable: this.#inapplicable(),
      missing: excuse ?? this.#missing(judged, pending, cut, lost),
      sound: `${plural(judged, 'instance')} decided by all ${obliged.length} correct members`,
      broken: `${violations.count} of ${plural(judged, 'instance')} not decided by every correct member in time${latenessNote(context)}`,
      details: { pending, correct: obliged.length },
    });
  }

  #missing(judged: number, pending: number, cut: string | undefined, lost: readonly string[]): string | undefined {
    if (pending > 0) {
      const why = cut ?? 'the run ended before the time for a decision was over';
      return `${plural(pending, 'instance')} had not been decided by every correct member: ${why}`;
    }
    if (lost.length > 0) return `${names(lost)} died without being told to`;
    return judged === 0 ? 'no proposal was accepted' : undefined;
  }
}
