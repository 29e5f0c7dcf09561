/**
 * Where a member's state is: a volume of the run's own. One that the plan fills is a small one in memory, kept mounted over
 * its member's boots by a container beside it, the keeper, which fills it with a ballast and takes that away again.
 */
import { createInterface } from 'node:readline';
import type Docker from 'dockerode';
import { InvariantError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import type { Disk } from '../real/member-limits.ts';
import { type Helper, startHelper } from './helper.ts';
import { MEMBER_UID, STATE_FOLDER } from './image-files.ts';
import { labelsOf } from './labels.ts';
import { hostOf, type RunHost } from './run-hosts.ts';

/** Far more than a run stores: it is full only when it is filled. Pages of a ballast count as the keeper's memory. */
const DISK_BYTES = 64 * 1024 * 1024;
const ANSWER_MS = 10_000;

/** In the keeper: answers each line with the bytes that are then free, or with what went wrong. */
const KEEPER = `
const fs = require('node:fs');
const ballast = '${STATE_FOLDER}/.hearsay-ballast';
function fill() {
  const file = fs.openSync(ballast, 'a');
  const zeros = Buffer.alloc(1 << 20);
  try {
    for (;;) fs.writeSync(file, zeros);
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  } finally {
    fs.closeSync(file);
  }
}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  try {
    if (line === 'fill') fill();
    else fs.rmSync(ballast, { force: true });
    const { bavail, bsize } = fs.statfsSync('${STATE_FOLDER}');
    console.log(String(bavail * bsize));
  } catch (error) {
    console.log(error.message);
  }
}).on('close', () => process.exit(0));
`;

export function stateMount(run: string, member: string, small: boolean): Docker.MountSettings {
  const inMemory = { type: 'tmpfs', device: 'tmpfs', o: `size=${DISK_BYTES},mode=1777,nosuid,nodev,noexec` };
  return {
    Type: 'volume',
    Source: `hearsay-${run}-${member}`,
    Target: STATE_FOLDER,
    VolumeOptions: {
      NoCopy: false,
      Labels: labelsOf(run, 'state', member),
      DriverConfig: { Name: 'local', Options: small ? inMemory : {} },
    },
  };
}

export class StateDisk implements Disk {
  readonly #member: string;
  readonly #keeper: Helper;
  #answered: (line: string) => void = () => undefined;

  private constructor(member: string, keeper: Helper) {
    this.#member = member;
    this.#keeper = keeper;
    createInterface({ input: keeper.stdout }).on('line', (line) => this.#answered(line));
  }

  /** Of those whose disks the plan fills, by member. What was made before it rejected is labelled with the run. */
  static async startAll(plan: Plan, hosts: readonly RunHost[], run: string): Promise<ReadonlyMap<string, StateDisk>> {
    const targets = new Set(plan.faults.flatMap((fault) => (fault.type === 'disk-full' ? fault.targets : [])));
    const disks = new Map<string, StateDisk>();
    for (const [index, { name }] of plan.members.entries()) {
      if (!targets.has(name)) continue;
      const { engine, image } = hostOf(hosts, index);
      const keeper = await startHelper(engine, {
        image,
        run,
        name: `hearsay-${run}-${name}-keeper`,
        network: 'none',
        mounts: [stateMount(run, name, true)],
        program: KEEPER,
        user: `${MEMBER_UID}:${MEMBER_UID}`,
      });
      disks.set(name, new StateDisk(name, keeper));
    }
    return disks;
  }

  async fill(): Promise<void> {
    const free = await this.#ask('fill');
    if (free !== '0')
      throw new InvariantError(`the disk of ${this.#member} could not be filled: ${free} bytes are free`);
  }

  async free(): Promise<void> {
    const free = await this.#ask('free');
    if (!(Number(free) > 0)) throw new InvariantError(`the disk of ${this.#member} could not be freed: ${free}`);
  }

  /** One at a time: changes of faults follow each other. */
  async #ask(what: 'fill' | 'free'): Promise<string> {
    let alarm: NodeJS.Timeout | undefined;
    const answer = new Promise<string>((resolve) => {
      this.#answered = resolve;
      alarm = setTimeout(() => resolve(`no answer within ${ANSWER_MS / 1000} s`), ANSWER_MS);
    });
    this.#keeper.stdin.write(`${what}\n`);
    const line = await answer;
    clearTimeout(alarm);
    return line;
  }
}
