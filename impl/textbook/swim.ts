/**
 * The textbook's SWIM, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - Updates with an incarnation that is known already are ignored: suspicion and death, which carry the accused's
 *   own incarnation, do not spread, and every member has to find out by itself.
 * - Suspects and the dead are never pinged again, so the sides of a healed partition stay apart.
 * - A ping's answer turns a suspect alive without a new incarnation, and others are not told.
 * - Targets are drawn at random: there is no bound on the time to the first probe of a member.
 */
import { ALIVE } from '../primitives/membership-order.ts';
import { swimBounds } from '../swim/bounds.ts';
import { swimClaims } from '../swim/claims.ts';
import { claimsLike } from './claims-like.ts';
import { createNaiveSwim } from './naive-swim.ts';
import { asReal, settings } from './swim-settings.ts';

export const textbookSwim = createNaiveSwim({
  name: 'textbook/swim',
  summary: 'naive SWIM: equal incarnations are ignored, the dead are forgotten, targets are random',
  source: 'own: the naive form of SWIM',
  settings,
  claims: claimsLike(swimClaims, asReal),
  bounds: (own, conditions) => swimBounds(asReal(own), conditions),
  suspicionMs: (own) => own.suspectTimeoutMs,
  probes: (status) => status === ALIVE,
  isNews: ([, life, incarnation], held) => life > held[1] || (life === held[1] && incarnation > held[2]),
  answersClear: true,
  raisesAt: (status) => status !== ALIVE,
  timesAnswers: false,
});
