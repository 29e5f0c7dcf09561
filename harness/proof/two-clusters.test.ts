/** One plan in the simulator and on processes of this machine. */
import { openLocal } from '../clusters/local/local.ts';
import { onePlanConformance } from './conformance.ts';

onePlanConformance('local', openLocal);
