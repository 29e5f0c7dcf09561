/** Test support: simulators that do not do what the plan says, for the checkers to find out. */
import type { SimCluster } from '../clusters/sim/sim.ts';
import type { FaultType, PlannedFault } from '../model/fault.ts';

/** The cut of a partition stays when the partition ends. */
export function neverHeals(cluster: SimCluster): void {
  const setFaults = cluster.setFaults.bind(cluster);
  const cuts = new Map<string, PlannedFault>();
  cluster.setFaults = (epoch, active) => {
    for (const fault of active) if (fault.type === 'partition') cuts.set(fault.id, fault);
    setFaults(epoch, [...active.filter((fault) => fault.type !== 'partition'), ...cuts.values()]);
  };
}

/** Faults of this type are announced and never made. */
export function ignores(type: FaultType): (cluster: SimCluster) => void {
  return (cluster) => {
    const setFaults = cluster.setFaults.bind(cluster);
    cluster.setFaults = (epoch, active) =>
      setFaults(
        epoch,
        active.filter((fault) => fault.type !== type),
      );
    const nothing = () => {};
    if (type === 'pause') {
      cluster.pause = nothing;
      cluster.resume = nothing;
    } else if (type === 'kill') cluster.kill = nothing;
  };
}

/** Faults are made as `bend` has them, whatever was asked. */
export function makesInstead(bend: (fault: PlannedFault) => PlannedFault): (cluster: SimCluster) => void {
  return (cluster) => {
    const setFaults = cluster.setFaults.bind(cluster);
    cluster.setFaults = (epoch, active) => setFaults(epoch, active.map(bend));
  };
}
