/** What a plan will do to the members, as far as claims and bounds depend on it. A pure function of plan and cluster. */
import type { Conditions } from '../../impl/protocol.ts';
import type { Plan } from './plan.ts';

/** A machine with more members than cores keeps a ready process waiting this long at times; the simulator never does. */
const SCHEDULING_MS = 50;
/** Loopback, through the kernel and two event loops. */
const LOOPBACK_LATENCY_MS = 2;

export function conditionsOf(plan: Plan, cluster: string): Conditions {
  const byzantine = new Set<string>();
  const livesLost = new Set<string>();
  const kinds = new Set<string>();
  let timerDrift = 0;
  let wallErrorMs = 0;
  for (const fault of plan.faults) {
    kinds.add(fault.type);
    switch (fault.type) {
      case 'byzantine':
        for (const target of fault.targets) byzantine.add(target);
        break;
      case 'kill':
        if (fault.restart !== 'with-state') for (const target of fault.targets) livesLost.add(target);
        break;
      case 'leave':
        for (const target of fault.targets) livesLost.add(target);
        break;
      case 'timer-drift':
        timerDrift = Math.max(timerDrift, Math.abs(fault.factor - 1));
        break;
      case 'clock-skew':
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
    livesLost: [...livesLost].sort(),
    kinds: [...kinds].sort(),
    timerDrift,
    wallErrorMs,
    linkLatencyMs: cluster === 'sim' ? plan.network.latencyMs + plan.network.jitterMs : LOOPBACK_LATENCY_MS,
    schedulingMs: cluster === 'sim' ? 0 : SCHEDULING_MS,
  };
}
