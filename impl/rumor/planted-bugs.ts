/** Rumour mongering with one fault each, for tests that show that a checker convicts it. All else is the real code. */
import { createRumor } from './rumor.ts';

/** Every fifth rumour from others is delivered twice. */
export const rumorDeliversTwice = createRumor('rumor-delivers-twice', 'planted bug: delivers twice', { twiceEvery: 5 });

/** After every fifth rumour from others one is delivered that nobody broadcast. */
export const rumorInvents = createRumor('rumor-invents', 'planted bug: delivers what nobody broadcast', {
  inventsEvery: 5,
});

/** Half of the rumours from others are neither delivered nor spread. */
export const rumorDropsHalf = createRumor('rumor-drops-half', 'planted bug: half of what it hears is lost', {
  drops: 0.5,
});

/** Signed mode: no signature is checked, and what a liar says in the name of others is delivered. */
export const rumorTrustsSignatures = createRumor('rumor-trusts-signatures', 'planted bug: checks no signature', {
  trustsSignatures: true,
});
