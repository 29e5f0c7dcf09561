/**
 * What the kernel counts at a member's device. A container's network namespace goes with its process, and the counts with
 * it: so they are read while it lasts, the last time right before it is told to end, and added up over its boots.
 *
 * Members speak IPv4. What the host's end of a container's link says of itself by IPv6 (neighbour and listener discovery,
 * a dozen packets in the first half minute) arrives at the device as well, and is taken off by the kernel's own counts.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Counter, DeviceCounters } from '../../model/counters.ts';
import { COUNT_FILES, type Helper } from './helper.ts';

/** One namespace, for as long as it lasts. */
export interface CountSource {
  /** The texts of its /proc/net/dev and, where it knows IPv6, /proc/net/snmp6; undefined: it does not say any more. Does not reject. */
  read(): Promise<string | undefined>;
  close(): void;
}

const ETHERNET_BYTES = 14;
const MOST_BYTES = 64 * 1024;
const ANSWER_MS = 500;

/** Of a process on this machine, which may only be looked into as root. The read itself is done before the call returns. */
export class ProcessCounts implements CountSource {
  readonly #buffer = Buffer.alloc(MOST_BYTES);
  /** Held open, so that a pid that is used again is never taken for this one. */
  readonly #files: number[] = [];

  constructor(pid: number) {
    for (const file of COUNT_FILES) {
      try {
        this.#files.push(openSync(`/proc/${pid}/net/${file}`, 'r'));
      } catch {
        // It has ended already, and has counted nothing that matters; or it has no IPv6.
      }
    }
  }

  async read(): Promise<string | undefined> {
    if (this.#files.length === 0) return undefined;
    try {
      return this.#files
        .map((file) => this.#buffer.toString('utf8', 0, readSync(file, this.#buffer, 0, MOST_BYTES, 0)))
        .join('');
    } catch {
      return undefined;
    }
  }

  close(): void {
    for (const file of this.#files.splice(0)) closeSync(file);
  }
}

/** Of the namespace that a helper shares, as the helper tells it. */
export class HelperCounts implements CountSource {
  readonly #helper: Helper;
  readonly #lines: ReturnType<typeof createInterface>;
  #waiting: ((text: string | undefined) => void)[] = [];

  constructor(helper: Helper) {
    this.#helper = helper;
    this.#lines = createInterface({ input: helper.stdout })
      .on('line', (line) => this.#answer(JSON.parse(line) as string))
      .on('close', () => this.#answer(undefined));
  }

  read(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const alarm = setTimeout(resolve, ANSWER_MS, undefined);
      this.#waiting.push((text) => {
        clearTimeout(alarm);
        resolve(text);
      });
      this.#helper.stdin.write('\n');
    });
  }

  close(): void {
    this.#lines.close();
  }

  #answer(text: string | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(text);
  }
}

const NOTHING: DeviceCounters = { sent: { packets: 0, bytes: 0 }, received: { packets: 0, bytes: 0 } };

/** Over all boots of one member; what was counted before each `begin` is not among it. */
export class DeviceMeter {
  readonly #device: string;
  #source: CountSource | undefined;
  /** Of the boots before, less what this one had counted when it began. */
  #carried = NOTHING;
  #latest = NOTHING;

  constructor(device: string) {
    this.#device = device;
  }

  /** A boot has its namespace, and its member has not sent anything. */
  async begin(source: CountSource): Promise<void> {
    this.end();
    const first = (await this.#read(source)) ?? NOTHING;
    this.#carried = combine(this.#carried, first, -1);
    this.#latest = first;
    this.#source = source;
  }

  /** Where the device is gone, what was read last stands. */
  async update(): Promise<void> {
    const source = this.#source;
    const counted = source === undefined ? undefined : await this.#read(source);
    if (counted !== undefined && source === this.#source) this.#latest = counted;
  }

  /** The boot is over, or there was none. */
  end(): void {
    this.#source?.close();
    this.#source = undefined;
    this.#carried = this.total;
    this.#latest = NOTHING;
  }

  get total(): DeviceCounters {
    return combine(this.#carried, this.#latest, 1);
  }

  async #read(source: CountSource): Promise<DeviceCounters | undefined> {
    const text = await source.read();
    return text === undefined ? undefined : countersOf(text, this.#device);
  }
}

/** `text`: as a source has it (proc_net(5); RFC 4293's counters); undefined: there is no such device. */
export function countersOf(text: string, device: string): DeviceCounters | undefined {
  const line = text.split('\n').find((entry) => entry.trimStart().startsWith(`${device}:`));
  if (line === undefined) return undefined;
  const columns = line.slice(line.indexOf(':') + 1).trim();
  const [receivedBytes, receivedPackets, , , , , , , sentBytes, sentPackets] = columns.split(/\s+/).map(Number);
  if (receivedBytes === undefined || receivedPackets === undefined) return undefined;
  if (sentBytes === undefined || sentPackets === undefined) return undefined;
  const sixth = (packets: string, bytes: string): Counter => {
    const count = valueIn(text, packets);
    return { packets: count, bytes: valueIn(text, bytes) + count * ETHERNET_BYTES };
  };
  const all = {
    sent: { packets: sentPackets, bytes: sentBytes },
    received: { packets: receivedPackets, bytes: receivedBytes },
  };
  const ipv6 = {
    sent: sixth('Ip6OutRequests', 'Ip6OutOctets'),
    received: sixth('Ip6InReceives', 'Ip6InOctets'),
  };
  return combine(all, ipv6, -1);
}

function valueIn(text: string, name: string): number {
  return Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

function combine(some: DeviceCounters, other: DeviceCounters, sign: 1 | -1): DeviceCounters {
  const add = (a: Counter, b: Counter): Counter => ({
    packets: a.packets + sign * b.packets,
    bytes: a.bytes + sign * b.bytes,
  });
  return { sent: add(some.sent, other.sent), received: add(some.received, other.received) };
}
