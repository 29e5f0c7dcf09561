/** What a plan will do to the members, as far as claims and bounds depend on it. A pure function of plan and cluster. */
import type { Conditions, PlannedLoad } from '../../impl/protocol.ts';
import { mostBaseMs } from './base-links.ts';
import { outsidersOf } from './core.ts';
import { overlayOf } from './overlay.ts';
import type { Plan, PlannedOperation } from './plan.ts';

/** A machine with more members than cores keeps a ready process waiting this long at times; the simulator never does. */
const SCHEDULING_MS = 50;
/** Loopback, through the kernel and two event loops. */
const LOOPBACK_LATENCY_MS = 2;

/** Kinds of operations (`f`) that a plan has, by channel. */
export function plannedKinds(operations: readonly PlannedOperation[]): ReadonlyMap<string, ReadonlySet<string>> {
  const kinds = new Map<string, Set<string>>();
  for (const { channel, f } of operations) {
    const known = kinds.get(channel);
    if (known === undefined) kinds.set(channel, new Set([f]));
    else known.add(f);
  }
  return kinds;
}

export function conditionsOf(plan: Plan, cluster: string): Conditions {
  const byzantine = new Set<string>();
  const behaviours = new Map<string, Set<string>>();
  // To those who heal, whoever stays cut off is as good as dead.
  const livesLost = new Set<string>(outsidersOf(plan));
  const stayDown = new Set<string>(livesLost);
  const kinds = new Set<string>();
  let timerDrift = 0;
  let wallErrorMs = 0;
  for (const fault of plan.faults) {
    kinds.add(fault.type);
    switch (fault.type) {
      case 'byzantine':
        for (const target of fault.targets) byzantine.add(target);
        behaviours.set(fault.channel, (behaviours.get(fault.channel) ?? new Set()).add(fault.behaviour));
        break;
      case 'kill':
        if (fault.restart !== 'with-state') for (const target of fault.targets) livesLost.add(target);
        if (fault.restart === 'never') for (const target of fault.targets) stayDown.add(target);
        break;
      case 'leave':
        for (const target of fault.targets) livesLost.add(target);
        if (!fault.rejoin) for (const target of fault.targets) stayDown.add(target);
        break;
      case 'timer-drift':
        timerDrift = Math.max(timerDrift, Math.abs(fault.factor - 1));
        break;
      case 'clock-skew':
      case 'clock-strobe':
        wallErrorMs += Math.abs(fault.skewMs);
        break;
      case 'clock-drift':
        wallErrorMs += Math.abs(fault.factor - 1) * (fault.untilMs - fault.atMs);
        break;
      default:
        break;
    }
  }
  return {
    n: plan.members.length,
    byzantine: [...byzantine].sort(),
    behaviours: new Map([...behaviours].map(([channel, set]) => [channel, [...set].sort()])),
    livesLost: [...livesLost].sort(),
    stayDown: [...stayDown].sort(),
    kinds: [...kinds].sort(),
    timerDrift,
    wallErrorMs,
    linkLatencyMs:
      (cluster === 'sim' ? plan.network.latencyMs + plan.network.jitterMs : LOOPBACK_LATENCY_MS) + mostBaseMs(plan),
    schedulingMs: cluster === 'sim' ? 0 : SCHEDULING_MS,
    nameBytes: plan.members.reduce((most, { name }) => Math.max(most, textBytes(name)), 0),
    load: loadOf(plan.operations),
    overlay: overlayOf(plan),
  };
}

/** Each member joins through the first ones of the plan, itself left out. */
export const SEEDS = 3;

const SECOND_MS = 1000;

function loadOf(operations: readonly PlannedOperation[]): Map<string, PlannedLoad> {
  // By kind, then channel: channels do not add up, because each has its own datagrams.
  const times = new Map<string, Map<string, number[]>>();
  const bytes = new Map<string, number>();
  for (const { f, channel, atMs, value } of operations) {
    let channels = times.get(f);
    if (channels === undefined) {
      channels = new Map();
      times.set(f, channels);
    }
    const list = channels.get(channel);
    if (list === undefined) channels.set(channel, [atMs]);
    else list.push(atMs);
    const size = textBytes(typeof value === 'string' ? value : JSON.stringify(value));
    bytes.set(f, Math.max(bytes.get(f) ?? 0, size));
  }
  return new Map(
    [...times].map(([f, channels]) => [
      f,
      { perSecond: Math.max(...[...channels.values()].map(mostInASecond)), valueBytes: bytes.get(f) ?? 0 },
    ]),
  );
}

/** The largest number of these times, ms, in any stretch of one second. */
function mostInASecond(timesMs: readonly number[]): number {
  const sorted = Float64Array.from(timesMs).sort();
  let most = 0;
  let first = 0;
  sorted.forEach((atMs, i) => {
    while (atMs - (sorted[first] ?? atMs) > SECOND_MS) first++;
    most = Math.max(most, i + 1 - first);
  });
  return most;
}

function textBytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
