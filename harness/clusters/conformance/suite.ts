/**
 * What every cluster must do, as scenarios against the contract: planned with `cluster.at` before `run`, judged on what
 * was reported. Nothing here depends on how fast a cluster is: orders, counts and planned times decide.
 */
import { describe } from 'vitest';
import type { OpenCluster } from '../../model/cluster.ts';
import { limitConformance } from './limits.ts';
import { linkConformance } from './links.ts';
import { memberFaultConformance } from './member-faults.ts';
import { memberConformance } from './members.ts';
import type { Play } from './plans.ts';
import { Stage } from './stage.ts';

/** Registers the suite. `open` may give a cluster of real or of virtual time. */
export function clusterConformance(name: string, open: OpenCluster): void {
  const play: Play = (scenario) => Stage.play(open, scenario);
  describe.concurrent(`cluster ${name}`, () => {
    memberConformance(play);
    linkConformance(play);
    memberFaultConformance(play);
    limitConformance(play);
  });
}
