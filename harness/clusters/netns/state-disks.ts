/**
 * Disks of members' own for their state, where the plan fills them: small ones in memory, which only the world has mounted,
 * and which end with it. Members who have one see the world's mounts; the records of a run are then not kept.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SmallDisk } from '../../../nemesis/linux/disk.ts';
import type { PlannedFault } from '../../model/fault.ts';
import type { World } from './world.ts';

/** Far more than a run stores: it is full only when it is filled. */
const DISK_BYTES = 64 * 1024 * 1024;

export class StateDisks {
  readonly #folder: string;
  readonly #disks: ReadonlyMap<string, SmallDisk>;

  private constructor(folder: string, disks: ReadonlyMap<string, SmallDisk>) {
    this.#folder = folder;
    this.#disks = disks;
  }

  /** `folder`: where the state of all members is. */
  static async create(world: World, faults: readonly PlannedFault[], folder: string): Promise<StateDisks> {
    const targets = new Set(faults.flatMap((fault) => (fault.type === 'disk-full' ? fault.targets : [])));
    const disks = new Map<string, SmallDisk>();
    for (const target of [...targets].sort()) {
      const directory = join(folder, target);
      mkdirSync(directory, { recursive: true });
      disks.set(target, await SmallDisk.mount(world.shell(), directory, DISK_BYTES));
    }
    return new StateDisks(folder, disks);
  }

  /** undefined: that member's state is on the machine's own disk. */
  of(member: string): SmallDisk | undefined {
    return this.#disks.get(member);
  }

  fileOf(member: string, life: number): string {
    return this.#disks.has(member)
      ? join(this.#folder, member, `${life}.jsonl`)
      : join(this.#folder, `${member}.${life}.jsonl`);
  }
}
