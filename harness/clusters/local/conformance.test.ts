import { clusterConformance } from '../conformance/suite.ts';
import { openLocal } from './local.ts';

clusterConformance('local', openLocal);
