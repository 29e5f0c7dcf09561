/** What a member measures of itself where the plan has a fault that only this would show (model/watches.ts). */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { throttledPeriods } from '../../nemesis/linux/cpu.ts';
import { WallWatch } from '../link/wall-watch.ts';
import type { CpuReading, DiskReading, TrafficLine } from '../model/history.ts';
import type { Watches } from '../model/watches.ts';
import type { Journal } from './journal.ts';

export interface WatchedSelf {
  /** By how much the wall clock is ahead of the controller's. */
  wallAheadMs(): number;
  readonly journal: Journal;
  readonly stateFile: string;
}

export class SelfWatch {
  readonly #watches: Watches;
  readonly #self: WatchedSelf;
  readonly #wall: WallWatch | undefined;
  readonly #looking: NodeJS.Timeout | undefined;
  #usage = process.cpuUsage();
  #throttled = throttledPeriods();

  constructor(watches: Watches | undefined, self: WatchedSelf) {
    this.#watches = watches ?? {};
    this.#self = self;
    if (watches?.wall === undefined) return;
    const wall = new WallWatch(watches.wall.leapMs);
    this.#wall = wall;
    this.#looking = setInterval(() => wall.look(self.wallAheadMs()), watches.wall.everyMs);
  }

  /** Since the last call. */
  take(): Pick<TrafficLine, 'wall' | 'cpu' | 'disk'> {
    const wall = this.#wall?.take();
    return {
      ...(wall && { wall }),
      ...(this.#watches.cpu && { cpu: this.#takeCpu() }),
      ...(this.#watches.disk && { disk: this.#takeDisk() }),
    };
  }

  close(): void {
    clearInterval(this.#looking);
  }

  #takeCpu(): CpuReading {
    const before = this.#usage;
    const throttledBefore = this.#throttled;
    this.#usage = process.cpuUsage();
    this.#throttled = throttledPeriods();
    const usedMs = (this.#usage.user + this.#usage.system - before.user - before.system) / 1000;
    const counted = this.#throttled !== undefined && throttledBefore !== undefined;
    return { usedMs, throttled: counted ? Math.max(0, (this.#throttled ?? 0) - (throttledBefore ?? 0)) : null };
  }

  #takeDisk(): DiskReading {
    return { ...this.#self.journal.takeCounts(), freeBytes: freeBytes(dirname(this.#self.stateFile)) };
  }
}

function freeBytes(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}
