/** The search finds what is planted (hunt.ts), and says of a plan what a whole run says of it. */
import { expect, it } from 'vitest';
import { JUDGE_PARTS } from '../cli/parts.ts';
import { runTrial } from '../search/trial.ts';
import { AGREEMENT, huntBugsOf } from './hunt.ts';
import { drawnPlan, runOnSim } from './test-scenario.ts';

huntBugsOf((protocol) => !AGREEMENT.has(protocol));

it('a trial says what a whole run of the same plan says', () => {
  for (const seed of ['whole 1', 'whole 2', 'whole 3', 'whole 4']) {
    const plan = drawnPlan(seed);
    expect(runTrial(plan, JUDGE_PARTS).properties).toEqual(runOnSim(plan).properties);
  }
});
