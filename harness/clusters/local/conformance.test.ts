import { clusterConformance } from '../conformance.ts';
import { openLocal } from './local.ts';

clusterConformance('local', openLocal);
