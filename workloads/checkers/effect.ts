/** One row of the table of fault effects: what was asked beside what was measured. */
import type { Data } from '../../impl/protocol.ts';

/**
 * `as-asked`: measured, and within what chance allows. `off`: measured, and beyond it. `no-evidence`: the fault never
 * touched anything that could be measured. `swallowed`: the plan alone says that it cannot, since other faults keep
 * everything away from it. `too-few`: it met so few messages that chance may have spared them all, and did.
 */
export type EffectOutcome = 'as-asked' | 'off' | 'no-evidence' | 'swallowed' | 'too-few';

export interface Effect {
  /** Its id in the plan; `control`: what is measured where nothing was asked. */
  readonly fault: string;
  readonly kind: string;
  readonly asked: string;
  readonly measured: string;
  /** 99 % interval of the measured figure, in the unit of the row; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
  /** Datagrams that were measured, at both ends. */
  readonly sent: number;
  readonly received: number;
  readonly outcome: EffectOutcome;
  /** One sentence. Empty where all is as asked. */
  readonly why: string;
}

export function noEvidence(fault: { id: string; type: string }, asked: string, why: string): Effect {
  return {
    fault: fault.id,
    kind: fault.type,
    asked,
    measured: '-',
    low: null,
    high: null,
    sent: 0,
    received: 0,
    outcome: 'no-evidence',
    why,
  };
}

export function effectRow(effect: Effect): Data {
  return { ...effect };
}

/** As `noEvidence`, where messages met the fault and chance spared them all. */
export function sparedByChance(fault: { id: string; type: string }, asked: string, met: number, why: string): Effect {
  return { ...noEvidence(fault, asked, why), measured: `nothing among ${met}`, received: met, outcome: 'too-few' };
}

/** `12.3 %` */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Six digits: the last bits of sums differ between machines, and no reader wants them. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
