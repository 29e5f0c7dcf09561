/** Adaptive push-pull with one fault each, for tests that show that a checker convicts it. All else is the real code. */
import { createHybrid, type HybridQuirks } from './hybrid.ts';

function planted(name: string, bug: string, quirks: HybridQuirks) {
  return createHybrid({ name, summary: `planted bug: ${bug}`, source: 'own' }, quirks);
}

/** Pushes only: what somebody missed while it was recent never reaches it. */
export const hybridNeverPulls = planted('hybrid-never-pulls', 'pushes are never made good', { neverPulls: true });

/** Every fifth broadcast of others is delivered twice. */
export const hybridDeliversTwice = planted('hybrid-delivers-twice', 'delivers twice', { twiceEvery: 5 });

/** Neither pushes its broadcasts nor lets others pull them. */
export const hybridHidesBroadcasts = planted('hybrid-hides-broadcasts', 'keeps broadcasts to itself', {
  hidesBroadcasts: true,
});
