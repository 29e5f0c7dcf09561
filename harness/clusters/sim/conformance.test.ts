import { protocols } from '../../../impl/registry.ts';
import { clusterConformance } from '../conformance/suite.ts';
import { createOpenSim } from './sim.ts';

clusterConformance('sim', createOpenSim(protocols));
clusterConformance('sim with codec', createOpenSim(protocols, { codec: true }));
