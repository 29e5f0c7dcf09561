/**
 * The textbook's Consul membership, its flaws kept. Selectable as any other protocol; not to be used.
 *
 * - A member that hears its own alive at its own incarnation raises it as if it had been accused. The new alive comes back
 *   in the same way: incarnations inflate without end, and every message carries news of nothing.
 * - There is neither an exchange of whole states nor a reconnect: the sides of a healed partition stay apart.
 * - Targets are drawn at random: there is no bound on the time to the first probe of a member.
 */
import { consulBounds } from '../consul/bounds.ts';
import { consulClaims } from '../consul/claims.ts';
import { type ConsulSettings, checkConsulSettings, consulSettings } from '../consul/settings.ts';
import { beats, DEAD } from '../primitives/membership-order.ts';
import type { SettingsSpec } from '../protocol.ts';
import { claimsLike } from './claims-like.ts';
import { createNaiveSwim } from './naive-swim.ts';
import { quickAtPace } from './pace.ts';
import { type ProbeSettings, queueSettings } from './swim-settings.ts';

interface Settings extends ProbeSettings {
  readonly suspicionMultiplier: number;
}

const settings: SettingsSpec<Settings> = {
  probeIntervalMs: consulSettings.probeIntervalMs,
  probeTimeoutMs: consulSettings.probeTimeoutMs,
  indirectProbes: consulSettings.indirectProbes,
  suspicionMultiplier: {
    ...consulSettings.suspicionMultiplier,
    doc: 'A suspicion lasts this times log10(n+1) probe intervals.',
    source: 'own',
  },
  ...queueSettings,
};

function asReal(own: Settings): ConsulSettings {
  const { probeIntervalMs, probeTimeoutMs, indirectProbes, suspicionMultiplier, piggybackEntries } = own;
  const real = quickAtPace(consulSettings, 'probeIntervalMs', probeIntervalMs);
  return { ...real, probeTimeoutMs, indirectProbes, suspicionMultiplier, piggybackEntries };
}

/** In thousandths, so that it hangs on no last bit of a logarithm. */
function suspicionMs(own: Settings, known: number): number {
  return (own.suspicionMultiplier * Math.round(1000 * Math.log10(known + 1)) * own.probeIntervalMs) / 1000;
}

export const textbookConsul = createNaiveSwim({
  name: 'textbook/consul',
  summary: 'naive Consul membership: a member that hears its own alive raises its incarnation, without end',
  source: 'own: the naive form of Consul',
  settings,
  checkSettings: (own) => checkConsulSettings(asReal(own)),
  claims: claimsLike(consulClaims, asReal),
  bounds: (own, conditions) => consulBounds(asReal(own), conditions),
  suspicionMs,
  probes: (status) => status < DEAD,
  isNews: beats,
  answersClear: false,
  raisesAt: () => true,
  timesAnswers: true,
});
