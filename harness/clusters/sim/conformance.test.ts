import { protocols } from '../../../impl/registry.ts';
import { clusterConformance } from '../conformance.ts';
import { createOpenSim } from './sim.ts';

clusterConformance('sim', createOpenSim(protocols));
clusterConformance('sim with codec', createOpenSim(protocols, { codec: true }));
