/**
 * A process's wall clock, turned by libfaketime (0.9.10): skew, drift, jumps and strobe. Its timers and monotonic clock
 * stay true (drifting those is a fault of the member's own program), and so do file times. Programs that do not ask libc
 * for the time (Go's) are not affected.
 */
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClockDriftFault, ClockStrobeFault, PlannedFault } from '../../harness/model/fault.ts';

const FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib'];
const LIBRARY = join('faketime', 'libfaketime.so.1');

/** Path of the library; undefined where it is not installed (Debian: libfaketime). */
export function findFaketime(folders: readonly string[] = FOLDERS): string | undefined {
  const candidates = folders.flatMap((folder) => [
    join(folder, LIBRARY),
    // Debian keeps one folder for each architecture.
    ...(existsSync(folder) ? readdirSync(folder).sort() : [])
      .filter((name) => name.endsWith('-linux-gnu') || name.endsWith('-linux-musl'))
      .map((name) => join(folder, name, LIBRARY)),
  ]);
  return candidates.find((path) => existsSync(path));
}

/**
 * For a process whose wall clock follows `file`. The file is read at each look at the clock (some 3 us): cached, a change
 * is seen up to two seconds late.
 */
export function faketimeEnvironment(library: string, file: string): { readonly [name: string]: string } {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
}

export interface FaketimeSetting {
  /** What is added to the wall clock at `sinceMs`. */
  readonly skewMs: number;
  /** Wall clock seconds per real second from then on. */
  readonly factor: number;
  /** Real ms since the process began. */
  readonly sinceMs: number;
}

/**
 * The file's content. libfaketime scales from the process's beginning (now = start + offset + factor x age), so the offset
 * takes back what the factor makes of the time before. The factor is always named: one that is left out stays as it was.
 */
export function faketimeContent({ skewMs, factor, sinceMs }: FaketimeSetting): string {
  const offsetS = (skewMs - (factor - 1) * sinceMs) / 1000;
  return `${offsetS < 0 ? '-' : '+'}${Math.abs(offsetS).toFixed(6)} x${Number(factor.toFixed(9))}\n`;
}

/** Whoever reads the file meanwhile sees the old or the new one, whole. */
export function writeFaketime(file: string, setting: FaketimeSetting): void {
  writeFileSync(`${file}.new`, faketimeContent(setting));
  renameSync(`${file}.new`, file);
}

export const TRUE_TIME: FaketimeSetting = { skewMs: 0, factor: 1, sinceMs: 0 };

/**
 * The clock of one process under the plan's clock faults. Skews add up, factors too (each is an error of its own). While it
 * strobes the file is written anew at each leap, until `set` or `close`.
 */
export class FaketimeFile {
  readonly #file: string;
  readonly #startedAtMs: number;
  #strobes: { readonly fault: ClockStrobeFault; readonly sinceMs: number }[] = [];
  #leaping: NodeJS.Timeout | undefined;
  #closed = false;
  #drifts: { readonly fault: ClockDriftFault; readonly sinceMs: number }[] = [];
  #written: string | undefined;

  /**
   * `startedAtMs`: when the process begins, on the real wall clock; a drift is wrong by (factor - 1) times what that is
   * wrong. The file must be there before the process is.
   */
  constructor(file: string, startedAtMs: number) {
    this.#file = file;
    this.#startedAtMs = startedAtMs;
    this.#write(TRUE_TIME);
  }

  /** From here these faults, and no others, act; what earlier ones did to the clock is gone. */
  set(active: readonly PlannedFault[], member: string, nowMs: number): void {
    clearTimeout(this.#leaping);
    if (this.#closed) return;
    const mine = active.filter((fault) => 'targets' in fault && fault.targets.includes(member));
    const before = this.#drifts;
    this.#drifts = mine
      .filter((fault) => fault.type === 'clock-drift')
      .map((fault) => ({ fault, sinceMs: before.find((drift) => drift.fault.id === fault.id)?.sinceMs ?? nowMs }));
    const leaping = this.#strobes;
    this.#strobes = mine
      .filter((fault) => fault.type === 'clock-strobe')
      .map((fault) => ({ fault, sinceMs: leaping.find((strobe) => strobe.fault.id === fault.id)?.sinceMs ?? nowMs }));
    let skewMs = 0;
    for (const fault of mine) if (fault.type === 'clock-skew') skewMs += fault.skewMs;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { fault, sinceMs } of this.#strobes) {
      const leaps = Math.floor((nowMs - sinceMs) / fault.everyMs);
      if (leaps % 2 === 0) skewMs += fault.skewMs;
      nextMs = Math.min(nextMs, sinceMs + (leaps + 1) * fault.everyMs);
    }
    let error = 0;
    for (const { fault, sinceMs } of this.#drifts) {
      skewMs += (fault.factor - 1) * (nowMs - sinceMs);
      error += fault.factor - 1;
    }
    if (this.#drifts.length === 0) this.#write({ ...TRUE_TIME, skewMs });
    else this.#write({ skewMs, factor: 1 + error, sinceMs: nowMs - this.#startedAtMs });
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#leaping = setTimeout(() => this.set(active, member, Date.now()), Math.max(1, nextMs - nowMs));
    // A clock keeps no run alive.
    this.#leaping.unref();
  }

  /** It is left as it is: the process that followed it has ended. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#leaping);
  }

  #write(setting: FaketimeSetting): void {
    const content = faketimeContent(setting);
    if (content === this.#written) return;
    writeFaketime(this.#file, setting);
    this.#written = content;
  }
}
