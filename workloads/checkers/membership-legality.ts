/**
 * The life cycle of a managed membership (Akka 2.6, Member.allowedTransitions), per membership channel, in two parts:
 *
 * - `transitions`: what an observer itself makes of a member is one step of the life cycle; what it hears of may be several
 *   at once. Nothing comes after `removed`. An observer that joins anew as a later incarnation starts with no records.
 * - `leader`: only convergence brings a member up, lets it exit and removes it. Whoever does so holds no other member
 *   unreachable that is neither down nor exiting; and before a member is brought up, every other one that the leader
 *   holds up or leaving has heard of it.
 *
 * Members that lie on the channel are judged neither as observers nor as subjects.
 */
import type { CheckContext, Checker, JudgedChannel } from '../../harness/model/checker.ts';
import type { HistoryLine, ObserveLine } from '../../harness/model/history.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import type { LifecycleStatus } from '../../impl/protocol.ts';
import { type Claimed, claimOf, conclude, cutShort, liarsOf } from './claims.ts';
import { Violations } from './violations.ts';
import { clock } from './wording.ts';

/** Written apart from the protocols it judges. */
const NEXT: Readonly<Record<LifecycleStatus, readonly LifecycleStatus[]>> = {
  joining: ['weakly-up', 'up', 'leaving', 'down', 'removed'],
  'weakly-up': ['up', 'leaving', 'down', 'removed'],
  up: ['leaving', 'down', 'removed'],
  leaving: ['exiting', 'down', 'removed'],
  exiting: ['removed', 'down'],
  down: ['removed'],
  removed: [],
};

/** Whether some number of steps leads from one to the other. */
function leadsTo(from: LifecycleStatus, to: LifecycleStatus): boolean {
  return NEXT[from].some((next) => next === to || leadsTo(next, to));
}

type LifecycleLine = ObserveLine & { readonly kind: 'lifecycle' };
type StatusLine = ObserveLine & { readonly kind: 'status' };

/** What an observer holds of one incarnation of a member. */
interface Held {
  readonly subject: string;
  status: LifecycleStatus;
  line: LifecycleLine;
  isUnreachable: boolean;
}

/** By `subject life incarnation`. */
type Records = Map<string, Held>;

/** One member brought up, and who had to have heard of it by then. */
interface BroughtUp {
  readonly line: LifecycleLine;
  readonly others: readonly string[];
}

export function createMembershipLegalityChecker(context: CheckContext): Checker {
  const judges = context.channels.flatMap((channel) => {
    const claimed = channel.role === 'membership' ? claimOf(context, channel, 'membership-legality') : undefined;
    return claimed === undefined ? [] : [new ChannelJudge(context, channel, claimed)];
  });
  return {
    wants: ['observe'],
    line(line: HistoryLine) {
      if (line.type !== 'observe' || (line.kind !== 'lifecycle' && line.kind !== 'status')) return;
      for (const judge of judges) {
        if (judge.channel.name !== line.channel) continue;
        if (line.kind === 'status') judge.status(line);
        else judge.lifecycle(line);
      }
    },
    end: () => judges.map((judge) => judge.end()),
  };
}

const keyOf = (line: LifecycleLine | StatusLine) => `${line.subject} ${line.subjectLife} ${line.incarnation}`;

class ChannelJudge {
  readonly channel: JudgedChannel;
  readonly #context: CheckContext;
  readonly #claimed: Claimed;
  readonly #liars: ReadonlySet<string>;
  readonly #records = new Map<string, Records>();
  /** observer -> incarnation of a member -> when the observer first heard of it, ns. */
  readonly #heard = new Map<string, Map<string, number>>();
  readonly #broughtUp: BroughtUp[] = [];
  readonly #transitions = new Violations();
  readonly #leader = new Violations();
  #steps = 0;
  #leaderSteps = 0;

  constructor(context: CheckContext, channel: JudgedChannel, claimed: Claimed) {
    this.channel = channel;
    this.#context = context;
    this.#claimed = claimed;
    this.#liars = liarsOf(context, channel.name);
  }

  /** A member that speaks of itself begins a new incarnation. */
  status(line: StatusLine): void {
    if (line.member === line.subject) this.#records.set(line.member, new Map());
    else {
      const held = this.#records.get(line.member)?.get(keyOf(line));
      if (held !== undefined) held.isUnreachable = line.status === 'suspect';
    }
  }

  lifecycle(line: LifecycleLine): void {
    const { member, subject, status } = line;
    if (this.#liars.has(member) || this.#liars.has(subject)) return;
    const key = keyOf(line);
    let records = this.#records.get(member);
    if (records === undefined) {
      records = new Map();
      this.#records.set(member, records);
    }
    this.#hear(member, key, line.time);
    const before = records.get(key);
    this.#judgeStep(before?.line, line);
    if (line.made === true && (status === 'up' || status === 'exiting' || status === 'removed')) {
      this.#judgeLeader(records, line);
    }
    if (before === undefined) records.set(key, { subject, status, line, isUnreachable: false });
    else {
      before.status = status;
      before.line = line;
    }
  }

  #hear(observer: string, key: string, time: number): void {
    let heard = this.#heard.get(observer);
    if (heard === undefined) {
      heard = new Map();
      this.#heard.set(observer, heard);
    }
    heard.set(key, Math.min(time, heard.get(key) ?? time));
  }

  #judgeStep(before: LifecycleLine | undefined, line: LifecycleLine): void {
    this.#steps++;
    const made = line.made === true;
    const isLegal =
      before === undefined
        ? !made || line.status === 'joining'
        : made
          ? NEXT[before.status].includes(line.status)
          : leadsTo(before.status, line.status);
    if (isLegal) return;
    const from = before === undefined ? 'nothing' : before.status;
    this.#transitions.add(
      () =>
        `${line.member} ${made ? 'made' : 'heard that'} ${nameOf(line)} ${made ? '' : 'had gone '}from ${from} to ` +
        `${line.status} at ${clock(line.time)}, which the life cycle does not allow.`,
      () => [before, line],
    );
  }

  #judgeLeader(records: Records, line: LifecycleLine): void {
    this.#leaderSteps++;
    const others = [...records.values()].filter(({ subject }) => subject !== line.member && subject !== line.subject);
    const hindering = others.find(
      ({ status, isUnreachable }) => isUnreachable && status !== 'down' && status !== 'exiting' && status !== 'removed',
    );
    if (line.converged !== true || hindering !== undefined) {
      const why =
        hindering === undefined
          ? 'without convergence'
          : `while it held ${nameOf(hindering.line)} unreachable, which had not converged`;
      this.#leader.add(
        () => `${line.member} made ${nameOf(line)} ${line.status} at ${clock(line.time)} ${why}.`,
        () => [hindering?.line, line],
      );
    }
    if (line.status !== 'up') return;
    // Those that are brought up in the same step were not up when it was decided.
    const obliged = others
      .filter(({ status }) => status === 'up' || status === 'leaving')
      .filter(({ line: last }) => last.made !== true || last.time < line.time)
      .map(({ subject }) => subject);
    this.#broughtUp.push({ line, others: obliged });
  }

  end(): PropertyResult {
    for (const { line, others } of this.#broughtUp) {
      const key = keyOf(line);
      const ignorant = others.find((name) => !((this.#heard.get(name)?.get(key) ?? Infinity) <= line.time));
      if (ignorant === undefined) continue;
      this.#leader.add(
        () =>
          `${line.member} made ${nameOf(line)} up at ${clock(line.time)}, when ${ignorant}, which it held to be up, had ` +
          'not heard of it.',
        () => [line],
      );
    }
    const violations = this.#transitions.count + this.#leader.count;
    return conclude(this.#claimed, {
      judged: this.#steps + this.#leaderSteps,
      violations,
      witness: this.#transitions.witness ?? this.#leader.witness,
      missing: this.#steps === 0 ? 'no member said where any stands in the life cycle' : cutShort(this.#context),
      sound: `all ${this.#steps} steps are of the life cycle, and all ${this.#leaderSteps} of the leader's came upon convergence`,
      broken:
        `${this.#transitions.count} of ${this.#steps} steps are not of the life cycle, ` +
        `${this.#leader.count} of ${this.#leaderSteps} of the leader's came without convergence`,
      details: {
        transitions: { judged: this.#steps, violations: this.#transitions.count },
        leader: { judged: this.#leaderSteps, violations: this.#leader.count },
      },
    });
  }
}

function nameOf(line: LifecycleLine): string {
  return `${line.subject} (life ${line.subjectLife}, incarnation ${line.incarnation})`;
}
