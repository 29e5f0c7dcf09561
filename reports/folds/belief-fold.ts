/** Who believed what of whom, over time, on one membership channel. */

import type { MemberLine } from '../../harness/model/history.ts';
import type { Plan } from '../../harness/model/plan.ts';
import type { MemberStatus } from '../../impl/protocol.ts';
import { TimeGrid } from './time-grid.ts';

export const STATUSES: readonly MemberStatus[] = ['alive', 'suspect', 'dead', 'left'];

/** One stretch of one belief; ns. */
export interface BeliefSegment {
  readonly observer: string;
  readonly subject: string;
  readonly status: MemberStatus;
  readonly from: number;
  /** Infinity: held to the end. */
  until: number;
}

/** A running member was believed dead, or a crashed one was. */
export interface DeathBelief {
  readonly observer: string;
  readonly subject: string;
  /** The subject ran when it was declared. */
  readonly running: boolean;
  readonly from: number;
  until: number;
}

/** How many (observer, subject) pairs held a belief at a time. */
export interface BeliefCount {
  /** ns. */
  readonly time: number;
  readonly running: boolean;
  readonly status: MemberStatus;
  readonly pairs: number;
}

/** Strips of single pairs are kept up to this many members. */
export const STRIP_MEMBERS = 10;
const MOST_SEGMENTS = 12_000;
const MOST_DEATHS = 200_000;
/** Above this many members the matrix of pairs is not kept at all. */
const MOST_MEMBERS = 2000;

export class BeliefFold {
  readonly names: readonly string[];
  readonly segments: BeliefSegment[] = [];
  readonly deaths: DeathBelief[] = [];
  readonly counts: BeliefCount[] = [];
  segmentsNotDrawn = 0;
  deathsNotKept = 0;
  readonly #grid: TimeGrid;
  readonly #index = new Map<string, number>();
  /** Status + 1 by observer * n + subject; 0: nothing said yet. */
  readonly #beliefs: Int8Array;
  readonly #running: Uint8Array;
  readonly #life: Float64Array;
  /** [running][status] -> pairs. */
  readonly #pairs = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  readonly #openSegment = new Map<number, BeliefSegment>();
  readonly #openDeath = new Map<number, DeathBelief>();
  #nextSample = 0;
  #closing = false;

  constructor(plan: Plan) {
    this.names = plan.members.slice(0, MOST_MEMBERS).map((member) => member.name);
    this.names.forEach((name, index) => {
      this.#index.set(name, index);
    });
    const n = this.names.length;
    this.#beliefs = new Int8Array(n * n);
    this.#running = new Uint8Array(n);
    this.#life = new Float64Array(n);
    this.#grid = new TimeGrid(plan, 240, 100);
  }

  /** After the final reads members are stopped on purpose, which is no part of the story. */
  closing(): void {
    this.#closing = true;
  }

  status(observer: string, subject: string, subjectLife: number, status: MemberStatus, time: number): void {
    const o = this.#index.get(observer);
    const s = this.#index.get(subject);
    const code = STATUSES.indexOf(status) + 1;
    if (o === undefined || s === undefined || o === s || code === 0) return;
    this.#sample(time);
    this.#believe(o, s, code, time);
    const dead = status === 'dead';
    const pair = o * this.names.length + s;
    if (!dead) this.#endDeath(pair, time);
    else if (!this.#openDeath.has(pair)) {
      const running = this.#running[s] === 1 && (this.#life[s] ?? 0) <= subjectLife;
      this.#beginDeath(pair, { observer, subject, running, from: time, until: Number.POSITIVE_INFINITY });
    }
  }

  member(line: MemberLine): void {
    const m = this.#index.get(line.member);
    if (m === undefined || this.#closing) return;
    if (line.event === 'up') {
      this.#sample(line.time);
      this.#forget(m, line.time);
      this.#life[m] = line.life;
      this.#setRunning(m, 1);
    } else if (line.event === 'crash' || line.event === 'stop') {
      this.#sample(line.time);
      this.#forget(m, line.time);
      this.#setRunning(m, 0);
    }
  }

  finish(time: number): void {
    this.#sample(time);
  }

  #beginDeath(pair: number, death: DeathBelief): void {
    if (this.deaths.length >= MOST_DEATHS) {
      this.deathsNotKept++;
      return;
    }
    this.deaths.push(death);
    this.#openDeath.set(pair, death);
  }

  #endDeath(pair: number, time: number): void {
    const open = this.#openDeath.get(pair);
    if (open === undefined) return;
    open.until = Math.max(open.from, time);
    this.#openDeath.delete(pair);
  }

  #believe(o: number, s: number, code: number, time: number): void {
    const pair = o * this.names.length + s;
    const before = this.#beliefs[pair] ?? 0;
    if (before === code) return;
    const counts = this.#pairs[this.#running[s] ?? 0] ?? [];
    if (before > 0) counts[before - 1] = (counts[before - 1] ?? 0) - 1;
    if (code > 0) counts[code - 1] = (counts[code - 1] ?? 0) + 1;
    this.#beliefs[pair] = code;
    if (this.names.length <= STRIP_MEMBERS) this.#segment(pair, o, s, code, time);
  }

  #segment(pair: number, o: number, s: number, code: number, time: number): void {
    const open = this.#openSegment.get(pair);
    if (open !== undefined) open.until = Math.max(open.from, time);
    this.#openSegment.delete(pair);
    const status = STATUSES[code - 1];
    if (status === undefined) return;
    if (this.segments.length >= MOST_SEGMENTS) {
      this.segmentsNotDrawn++;
      return;
    }
    const observer = this.names[o] ?? '';
    const subject = this.names[s] ?? '';
    const segment: BeliefSegment = { observer, subject, status, from: time, until: Number.POSITIVE_INFINITY };
    this.segments.push(segment);
    this.#openSegment.set(pair, segment);
  }

  /** A member that boots or ends holds no beliefs. */
  #forget(m: number, time: number): void {
    const n = this.names.length;
    for (let s = 0; s < n; s++) {
      if (s === m) continue;
      this.#believe(m, s, 0, time);
      this.#endDeath(m * n + s, time);
    }
  }

  #setRunning(m: number, running: 0 | 1): void {
    const before = this.#running[m] ?? 0;
    if (before === running) return;
    this.#running[m] = running;
    const n = this.names.length;
    const from = this.#pairs[before] ?? [];
    const to = this.#pairs[running] ?? [];
    for (let o = 0; o < n; o++) {
      const code = this.#beliefs[o * n + m] ?? 0;
      if (code === 0) continue;
      from[code - 1] = (from[code - 1] ?? 0) - 1;
      to[code - 1] = (to[code - 1] ?? 0) + 1;
    }
  }

  /** Notes the counts as they were at each sampling time up to `time`. */
  #sample(time: number): void {
    // Lines of different members may stand slightly out of order: a late one counts from the next sample on.
    let missed = Math.floor((time - this.#nextSample) / this.#grid.width);
    if (missed > this.#grid.bins) {
      this.#nextSample += (missed - this.#grid.bins) * this.#grid.width;
      missed = this.#grid.bins;
    }
    for (; this.#nextSample <= time; this.#nextSample += this.#grid.width) {
      this.#pairs.forEach((counts, running) => {
        counts.forEach((pairs, code) => {
          const status = STATUSES[code];
          if (status !== undefined && this.counts.length < 20_000)
            this.counts.push({ time: this.#nextSample, running: running === 1, status, pairs });
        });
      });
    }
  }
}
