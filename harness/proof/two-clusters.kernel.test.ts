/** One plan in the simulator and in network namespaces. */
import { it } from 'vitest';
import { openNetns } from '../clusters/netns/netns.ts';
import { offers } from '../clusters/netns/test-machine.ts';
import { onePlanConformance } from './conformance.ts';

const lack = (await offers('root')) && (await offers('rootless'));

if (lack === undefined) onePlanConformance('netns', openNetns);
else it.skip(`SKIPPED: one plan on sim and on netns: ${lack}`);
