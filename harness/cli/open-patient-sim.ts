/**
 * The simulator where somebody watches: now and then it lets the event loop have its turn, so that Ctrl-C is heard and ends
 * the run in order. What it does, and in which order, is the same.
 */
import { protocols } from '../../impl/registry.ts';
import { createOpenSim } from '../clusters/sim/sim.ts';
import type { Cluster, ClusterOptions } from '../model/cluster.ts';

/** Some ms of work. */
const EVENTS_PER_TURN = 5000;

const openSim = createOpenSim(protocols);

export function openPatientSim(options: ClusterOptions): Cluster {
  const sim = openSim(options);
  const cluster: Cluster = sim;
  cluster.run = async () => {
    while (!sim.runSome(EVENTS_PER_TURN)) await new Promise((resolve) => setImmediate(resolve));
  };
  return cluster;
}
