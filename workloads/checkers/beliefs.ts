/**
 * What each member believed of each other one, as its `status` lines tell it: a log per membership channel, observer and
 * subject. A new boot of the observer starts a new log, because what it knew is gone or was restored unseen.
 */
import type { Timeline } from '../../harness/model/checker.ts';
import type { ObserveLine } from '../../harness/model/history.ts';
import type { MemberStatus } from '../../impl/protocol.ts';

export interface Belief {
  /** ns */
  readonly time: number;
  readonly life: number;
  readonly status: MemberStatus;
  readonly incarnation: number;
  readonly by?: string | undefined;
}

/** One observer's beliefs about one subject during one of the observer's stays, in the order of its lines. */
export interface BeliefLog {
  readonly observer: string;
  readonly subject: string;
  /** Index into the timeline's stays of the observer. */
  readonly stay: number;
  readonly beliefs: Belief[];
}

export class Beliefs {
  /** In the order in which they began. */
  readonly logs: BeliefLog[] = [];
  /** observer -> subject -> its logs, in order of the observer's stays. */
  readonly #byPair = new Map<string, Map<string, BeliefLog[]>>();
  readonly #timeline: Timeline;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /**
   * The belief that this boot of the observer held before, or, where beliefs outlive a restart with state, an earlier boot
   * of its life; undefined where it is the first.
   */
  add(line: ObserveLine & { kind: 'status' }, outlive: 'boot' | 'life' = 'life'): Belief | undefined {
    const stay = (this.#timeline.stays.get(line.member)?.length ?? 0) - 1;
    let row = this.#byPair.get(line.member);
    if (row === undefined) {
      row = new Map();
      this.#byPair.set(line.member, row);
    }
    let logs = row.get(line.subject);
    if (logs === undefined) {
      logs = [];
      row.set(line.subject, logs);
    }
    const previous = logs.at(-1);
    let log = previous;
    if (log === undefined || log.stay !== stay) {
      log = { observer: line.member, subject: line.subject, stay, beliefs: [] };
      logs.push(log);
      this.logs.push(log);
    }
    const sameLife =
      previous !== undefined && this.#lifeOf(line.member, previous.stay) === this.#lifeOf(line.member, stay);
    const before = log.beliefs.at(-1) ?? (outlive === 'life' && sameLife ? previous.beliefs.at(-1) : undefined);
    const { time, subjectLife: life, status, incarnation, by } = line;
    log.beliefs.push({ time, life, status, incarnation, by });
    return before;
  }

  #lifeOf(observer: string, stay: number): number | undefined {
    return this.#timeline.stays.get(observer)?.[stay]?.life;
  }

  /** What `observer` believed of `subject` in its stay of that index; empty where it said nothing. */
  of(observer: string, subject: string, stay: number): readonly Belief[] {
    const logs = this.#byPair.get(observer)?.get(subject);
    return logs?.find((log) => log.stay === stay)?.beliefs ?? [];
  }
}

/** The belief in force at `time`: the last one that is not later. */
export function beliefAt(beliefs: readonly Belief[], time: number): Belief | undefined {
  return beliefs.findLast((belief) => belief.time <= time);
}

/** `n2: dead, life 1, incarnation 3` as a line of a witness. */
export function beliefLine(observer: string, subject: string, belief: Belief) {
  const { time, life, status, incarnation, by } = belief;
  return {
    type: 'observe',
    time,
    member: observer,
    kind: 'status',
    subject,
    subjectLife: life,
    status,
    incarnation,
    by,
  };
}
