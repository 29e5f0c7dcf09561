/** Detection, refutation and false alarms, from `status` lines and from who was really up. */
import type { MemberLine, ObserveLine } from '../model/history.ts';

const MS = 1e6;

interface Presence {
  life: number;
  up: boolean;
  paused: boolean;
  since: number;
  /** ns up in all, without the stay that goes on. */
  upNs: number;
  /** Crash that is not over: declarations are measured from it. */
  crash: { readonly time: number; readonly life: number } | undefined;
}

export type RecordMembership = (metric: string, channel: string, ms: number) => void;

export class MembershipMetrics {
  readonly #record: RecordMembership;
  readonly #presence = new Map<string, Presence>();
  #up = 0;
  /** `channel observer subject` -> the accusation that stands: of which life, since when, and whether dead yet. */
  readonly #accusations = new Map<string, { life: number; time: number; dead: boolean; wasUp: boolean }>();
  /** `channel subject life` of crashes that somebody has declared. */
  readonly #declared = new Set<string>();
  readonly #falseSuspicions = new Map<string, number>();
  readonly #falseDeaths = new Map<string, number>();

  constructor(record: RecordMembership) {
    this.#record = record;
  }

  member(line: MemberLine): void {
    let presence = this.#presence.get(line.member);
    if (presence === undefined) {
      presence = { life: 0, up: false, paused: false, since: 0, upNs: 0, crash: undefined };
      this.#presence.set(line.member, presence);
    }
    if (line.event === 'up') {
      if (!presence.up) this.#up++;
      Object.assign(presence, { life: line.life, up: true, paused: false, since: line.time, crash: undefined });
      // The observer starts anew: what it held against others is gone with its last boot.
      for (const key of this.#accusations.keys()) {
        if (key.split(' ')[1] === line.member) this.#accusations.delete(key);
      }
    } else if (line.event === 'pause' || line.event === 'resume') presence.paused = line.event === 'pause';
    else if (line.event !== 'leave' && presence.up) {
      presence.up = false;
      this.#up--;
      presence.upNs += line.time - presence.since;
      if (line.event === 'crash') presence.crash = { time: line.time, life: line.life };
    }
  }

  /** Members that are up now. */
  get upCount(): number {
    return this.#up;
  }

  status(line: ObserveLine & { kind: 'status' }): void {
    const { channel, member, subject, subjectLife: life, status, time } = line;
    if (member === subject) return;
    const key = `${channel} ${member} ${subject}`;
    const standing = this.#accusations.get(key);
    const presence = this.#presence.get(subject);
    if (status === 'alive' || status === 'left' || (standing !== undefined && standing.life !== life)) {
      this.#accusations.delete(key);
      if (status === 'alive' && standing?.life === life && standing.wasUp) {
        this.#record('refutation_ms', channel, (time - standing.time) / MS);
      }
      if (status === 'alive' || status === 'left') return;
    }
    const wasUp = presence?.up === true && presence.life === life;
    const before = standing?.life === life ? standing : undefined;
    if (before === undefined) this.#accusations.set(key, { life, time, dead: status === 'dead', wasUp });
    if (wasUp && !presence.paused) {
      if (status === 'suspect' && before === undefined) increment(this.#falseSuspicions, channel);
      if (status === 'dead' && before?.dead !== true) increment(this.#falseDeaths, channel);
    }
    if (status !== 'dead' || before?.dead === true) return;
    if (before !== undefined) before.dead = true;
    const crash = presence?.crash;
    if (crash === undefined || crash.life !== life || time < crash.time) return;
    this.#record('detection_ms', channel, (time - crash.time) / MS);
    const name = `${channel} ${subject} ${life} ${crash.time}`;
    if (!this.#declared.has(name)) this.#record('first_detection_ms', channel, (time - crash.time) / MS);
    this.#declared.add(name);
  }

  /** Hours that members were up, up to `time` ns. */
  upHours(time: number): number {
    let ns = 0;
    for (const presence of this.#presence.values()) {
      ns += presence.upNs + (presence.up ? Math.max(0, time - presence.since) : 0);
    }
    return ns / 3.6e12;
  }

  falseSuspicions(channel: string): number {
    return this.#falseSuspicions.get(channel) ?? 0;
  }

  falseDeaths(channel: string): number {
    return this.#falseDeaths.get(channel) ?? 0;
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
