/** What a search has met: kinds of faults, kinds that were on together, and the protocols' `sometimes` conditions. */
import type { AnyProtocol } from '../../impl/protocol.ts';
import { FAULT_TYPES, type PlannedFault } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';

/** How many trials met each; keys in order of first meeting. */
export interface Coverage {
  readonly kinds: Record<string, number>;
  /** `kind+kind`, the two in alphabetical order; a kind with itself where two of its faults overlap. */
  readonly overlaps: Record<string, number>;
  /** `protocol: condition`. */
  readonly sometimes: Record<string, number>;
}

export function noCoverage(): Coverage {
  return { kinds: {}, overlaps: {}, sometimes: {} };
}

export function addCoverage(into: Coverage, more: Coverage): void {
  for (const part of ['kinds', 'overlaps', 'sometimes'] as const) {
    for (const [key, count] of Object.entries(more[part])) into[part][key] = (into[part][key] ?? 0) + count;
  }
}

/** The kinds that a plan has, and those of which two faults are on at one time. */
export function plannedCoverage(plan: Plan): Pick<Coverage, 'kinds' | 'overlaps'> {
  const kinds: Record<string, number> = {};
  const overlaps: Record<string, number> = {};
  plan.faults.forEach((fault, index) => {
    kinds[fault.type] = 1;
    for (const other of plan.faults.slice(0, index)) {
      if (fault.atMs < other.untilMs && other.atMs < fault.untilMs) overlaps[pairOf(fault.type, other.type)] = 1;
    }
  });
  return { kinds, overlaps };
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a}+${b}` : `${b}+${a}`;
}

/** Counts in one run which conditions were met, each at most once, and only while its kinds of faults are on. */
export class SometimesWatch {
  readonly #protocols: ReadonlyMap<string, AnyProtocol>;
  readonly #faults: ReadonlyMap<string, PlannedFault>;
  readonly #on = new Map<string, number>();
  /** By protocol: conditions that are known to be met. Protocols say so over and over. */
  readonly #known = new Map<string, Set<string>>();
  readonly met: Record<string, number> = {};

  constructor(plan: Plan, protocols: ReadonlyMap<string, AnyProtocol>) {
    this.#protocols = protocols;
    this.#faults = new Map(plan.faults.map((fault) => [fault.id, fault]));
  }

  fault(id: string, event: 'start' | 'end'): void {
    const kind = this.#faults.get(id)?.type ?? id;
    this.#on.set(kind, (this.#on.get(kind) ?? 0) + (event === 'start' ? 1 : -1));
  }

  reach(protocol: string, condition: string): void {
    let known = this.#known.get(protocol);
    if (known?.has(condition)) return;
    const during = this.#protocols.get(protocol)?.sometimes?.[condition]?.during;
    if (during !== undefined && !during.some((kind) => (this.#on.get(kind) ?? 0) > 0)) return;
    if (known === undefined) {
      known = new Set();
      this.#known.set(protocol, known);
    }
    known.add(condition);
    this.met[`${protocol}: ${condition}`] = 1;
  }
}

/** Everything that a search over these protocols might meet. */
export function coverable(protocols: readonly AnyProtocol[]): {
  readonly kinds: readonly string[];
  readonly overlaps: readonly string[];
  readonly sometimes: readonly string[];
} {
  const canLie = protocols.some((protocol) => protocol.lies !== undefined);
  const kinds = FAULT_TYPES.filter((kind) => canLie || kind !== 'byzantine');
  return {
    kinds,
    overlaps: kinds.flatMap((kind, index) => kinds.slice(index + 1).map((other) => pairOf(kind, other))),
    sometimes: protocols.flatMap((protocol) =>
      Object.keys(protocol.sometimes ?? {}).map((condition) => `${protocol.name}: ${condition}`),
    ),
  };
}
