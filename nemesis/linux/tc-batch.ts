/**
 * Faults at the sender, as a batch for `tc -batch -`: one htb class for each destination on which something is in force,
 * with its rate and a chain of netems, reached by a filter on the destination; all else passes the root unshaped.
 *
 * A change never touches a class that carries traffic: a new class is built, the filter for the destination moves there,
 * and the old class is left until what it holds has left, so that no datagram is lost because a fault came or went.
 */
import type { RatePart } from './link-rule.ts';
import { stageArguments } from './netem.ts';
import type { PlacedLink } from './nft-batch.ts';
import type { NetemStage } from './placement.ts';

/** Our root's handle. A root with another handle is somebody else's. */
export const TC_HANDLE = '4ea5:';
/** Handles of the netems: counted up from here, below our root's. */
const FIRST_MAJOR = 0x1000;
const LAST_MAJOR = 0x4e00;
const LAST_MINOR = 0x7fff;
const FRAME_BYTES = 1514;
/** Class without a limit of its own. */
const UNLIMITED = 'rate 10gbit burst 1mb cburst 1mb quantum 60000';
/** A token bucket this deep covers what a timer is late. */
const BURST_MS = 1;
/** Beyond the longest delay: what waits for a slow link. */
const DRAIN_MARGIN_MS = 1000;

interface TcClass {
  readonly address: string;
  readonly minor: number;
  readonly majors: readonly number[];
  /** What it does, as text: equal texts need no change. */
  readonly spec: string;
  readonly holdsMs: number;
}

/** What is in force on one device; `undefined` stands for a device on which nothing of ours is. */
export interface TcState {
  readonly live: readonly TcClass[];
  readonly draining: readonly (TcClass & { readonly freeAtMs: number })[];
  readonly nextMinor: number;
  readonly nextMajor: number;
}

export interface TcStep {
  /** Empty: nothing to do. */
  readonly lines: readonly string[];
  readonly state: TcState | undefined;
}

/** From what is in force on the device to `links`, all of which leave by it. `nowMs`: any steady clock. */
export function tcStep(
  device: string,
  before: TcState | undefined,
  links: readonly PlacedLink[],
  nowMs: number,
): TcStep {
  const wanted = links.flatMap(({ to, placement }) =>
    placement.tc === undefined ? [] : [{ address: to.address, ...placement.tc }],
  );
  if (before === undefined && wanted.length === 0) return { lines: [], state: undefined };
  const lines: string[] = [];
  if (before === undefined)
    lines.push(`qdisc add dev ${device} root handle ${TC_HANDLE} htb default 0 direct_qlen 1000`);
  const state = before ?? { live: [], draining: [], nextMinor: 1, nextMajor: FIRST_MAJOR };

  const drained = state.draining.filter((old) => old.freeAtMs <= nowMs);
  for (const old of drained) lines.push(`class del dev ${device} classid ${classId(old.minor)}`);
  const draining = state.draining.filter((old) => old.freeAtMs > nowMs);
  const taken = [...state.live, ...draining];
  const minors = new Allocator(1, LAST_MINOR, state.nextMinor, new Set(taken.map((entry) => entry.minor)));
  const majors = new Allocator(
    FIRST_MAJOR,
    LAST_MAJOR,
    state.nextMajor,
    new Set(taken.flatMap((entry) => entry.majors)),
  );

  const live: TcClass[] = [];
  for (const { address, rate, stages, all } of wanted) {
    const spec = JSON.stringify([rate, stages, all]);
    const same = state.live.find((entry) => entry.address === address && entry.spec === spec);
    if (same !== undefined) {
      live.push(same);
      continue;
    }
    const minor = minors.take();
    const own: number[] = [];
    lines.push(...classLines(device, minor, rate, stages, () => own[own.push(majors.take()) - 1] as number));
    lines.push(
      `filter add dev ${device} parent ${TC_HANDLE} prio ${minor} protocol ip u32 match ip dst ${address}/32${all === true ? '' : ' match ip protocol 17 0xff'} flowid ${classId(minor)}`,
    );
    live.push({ address, minor, majors: own, spec, holdsMs: holdsMs(rate, stages) });
  }
  // The new filter is in place before the old one goes: no datagram slips through between them.
  const gone = state.live.filter((entry) => !live.includes(entry));
  for (const old of gone) lines.push(`filter del dev ${device} parent ${TC_HANDLE} prio ${old.minor}`);
  return {
    lines,
    state: {
      live,
      draining: [...draining, ...gone.map((old) => ({ ...old, freeAtMs: nowMs + old.holdsMs }))],
      nextMinor: minors.next,
      nextMajor: majors.next,
    },
  };
}

export function tcRemoval(device: string): string {
  return `qdisc del dev ${device} root handle ${TC_HANDLE}`;
}

function classId(minor: number): string {
  return `${TC_HANDLE}${minor.toString(16)}`;
}

function classLines(
  device: string,
  minor: number,
  rate: RatePart | undefined,
  stages: readonly NetemStage[],
  major: () => number,
): string[] {
  const lines = [`class add dev ${device} parent ${TC_HANDLE} classid ${classId(minor)} htb ${classRate(rate)}`];
  let parent = classId(minor);
  for (const stage of stages) {
    const handle = `${major().toString(16)}:`;
    lines.push(`qdisc add dev ${device} parent ${parent} handle ${handle} ${stageArguments(stage)}`);
    parent = `${handle}1`;
  }
  // What waits for the rate waits behind the delays, in a queue counted in bytes.
  if (rate !== undefined) {
    const bytes = Math.ceil((rate.bitsPerSecond / 8) * (rate.queueMs / 1000)) + FRAME_BYTES;
    lines.push(`qdisc add dev ${device} parent ${parent} handle ${major().toString(16)}: bfifo limit ${bytes}`);
  }
  return lines;
}

function classRate(rate: RatePart | undefined): string {
  if (rate === undefined) return UNLIMITED;
  const bits = Math.round(rate.bitsPerSecond);
  const burst = Math.max(FRAME_BYTES, Math.ceil((bits / 8) * (BURST_MS / 1000)));
  return `rate ${bits}bit ceil ${bits}bit burst ${burst}b cburst ${burst}b quantum ${FRAME_BYTES}`;
}

function holdsMs(rate: RatePart | undefined, stages: readonly NetemStage[]): number {
  const delays = stages.map(
    ({ delay, reorder }) => (delay === undefined ? 0 : delay.delayMs + delay.jitterMs) + (reorder?.holdMs ?? 0),
  );
  return delays.reduce((sum, ms) => sum + ms, (rate?.queueMs ?? 0) + DRAIN_MARGIN_MS);
}

/** Numbers in a circle, those in use left out. */
class Allocator {
  readonly #first: number;
  readonly #last: number;
  readonly #used: Set<number>;
  next: number;

  constructor(first: number, last: number, next: number, used: Set<number>) {
    this.#first = first;
    this.#last = last;
    this.#used = used;
    this.next = next;
  }

  take(): number {
    for (let tries = this.#last - this.#first; tries >= 0; tries--) {
      const number = this.next;
      this.next = number === this.#last ? this.#first : number + 1;
      if (this.#used.has(number)) continue;
      this.#used.add(number);
      return number;
    }
    throw new RangeError(`all of ${this.#first} to ${this.#last} are in use`);
  }
}
