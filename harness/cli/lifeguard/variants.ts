/** The five configurations that the Lifeguard paper compares, as settings of `consul`, and what it measured for them. */
import { consulProfiles } from '../../../impl/consul/profiles.ts';
import type { ConsulSettings } from '../../../impl/consul/settings.ts';

/** Of table IV and the tables beside it, all but the detection times as shares of SWIM's. */
export interface PublishedFigures {
  readonly falsePositives: number;
  readonly falseAtHealthy: number;
  readonly medianDetectionS: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface Variant {
  readonly name: string;
  readonly settings: ConsulSettings;
  readonly published: PublishedFigures;
}

/**
 * memberlist's LAN configuration with what the paper states: α = 5, β = 6 where suspicions shrink (else all have the
 * least duration: β = 1), K = 3, a score from 0 to 8, which scales the probe time-out too.
 */
const BASE: ConsulSettings = {
  ...consulProfiles.lan,
  suspicionMultiplier: 5,
  suspicionMaxMultiplier: 6,
  confirmations: 3,
  awarenessMax: 9,
  scaleProbeTimeout: true,
};

type Switches = Pick<ConsulSettings, 'lhaProbe' | 'lhaSuspicion' | 'buddy'>;
type Figures = readonly [fp: number, fpHealthy: number, medianS: number, messages: number, bytes: number];

const OFF: Switches = { lhaProbe: false, lhaSuspicion: false, buddy: false };
const ON: Switches = { lhaProbe: true, lhaSuspicion: true, buddy: true };

function variant(name: string, switches: Switches, figures: Figures): Variant {
  const [falsePositives, falseAtHealthy, medianDetectionS, messages, bytes] = figures;
  const published = { falsePositives, falseAtHealthy, medianDetectionS, messages, bytes };
  return { name, settings: { ...BASE, ...switches }, published };
}

export const SWIM: Variant = variant('SWIM', OFF, [1, 1, 12.44, 1, 1]);
export const LIFEGUARD: Variant = variant('Lifeguard', ON, [0.0153, 0.0189, 12.45, 1.1059, 0.9797]);

/** SWIM first: the others are held against it. */
export const VARIANTS: readonly Variant[] = [
  SWIM,
  variant('LHA-Probe', { ...OFF, lhaProbe: true }, [0.6772, 0.3288, 12.42, 0.9846, 0.9003]),
  variant('LHA-Suspicion', { ...OFF, lhaSuspicion: true }, [0.03, 0.0671, 12.42, 1.1131, 1.0652]),
  variant('Buddy', { ...OFF, buddy: true }, [0.9408, 0.4457, 12.45, 1.0007, 0.9901]),
  LIFEGUARD,
];
