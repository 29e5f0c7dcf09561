/**
 * What is moved between members and never made or destroyed: value and weight (the average is their quotient), and the
 * counting mass, in instances that one leader each started with 1. Sums of all three over an epoch's participants, and
 * over what is under way between them, stay what they were.
 */

/** What a member holds. */
export interface Mass {
  value: number;
  weight: number;
  /** By instance: `index/life` of its leader. */
  readonly parts: Map<string, number>;
}

/** What is moved, in the plain form of messages: instances as alternating names and amounts. */
export interface PackedMass {
  readonly value: number;
  readonly weight: number;
  readonly parts: readonly (string | number)[];
}

export const NOTHING: PackedMass = { value: 0, weight: 0, parts: [] };

/** Amounts beyond this come from no input that is accepted. */
const LARGEST = 1e18;
const MOST_PARTS = 400;

/** `factor` times the mass. */
export function pack(mass: Mass, factor = 1): PackedMass {
  const parts: (string | number)[] = [];
  for (const [name, amount] of mass.parts) parts.push(name, amount * factor);
  return { value: mass.value * factor, weight: mass.weight * factor, parts };
}

/** Adds `factor` times what is moved, in place. */
export function add(mass: Mass, moved: PackedMass, factor = 1): void {
  mass.value += moved.value * factor;
  mass.weight += moved.weight * factor;
  const { parts } = moved;
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const name = parts[i] as string;
    mass.parts.set(name, (mass.parts.get(name) ?? 0) + (parts[i + 1] as number) * factor);
  }
}

/** What has to flow from `mine` to `theirs` so that both hold the mean. */
export function halfDifference(mine: Mass, theirs: PackedMass): PackedMass {
  const out: Mass = { value: 0, weight: 0, parts: new Map() };
  add(out, pack(mine), 0.5);
  add(out, theirs, -0.5);
  return pack(out);
}

export function totalParts(mass: Mass): number {
  let total = 0;
  for (const amount of mass.parts.values()) total += amount;
  return total;
}

export function totalPartsMoved({ parts }: PackedMass): number {
  let total = 0;
  for (let i = 1; i < parts.length; i += 2) total += parts[i] as number;
  return total;
}

/** weight / instance, the median over instances that have arrived here; null where there is none. */
export function countOf(mass: Mass): number | null {
  const counts: number[] = [];
  for (const amount of mass.parts.values()) if (amount > 0) counts.push(mass.weight / amount);
  counts.sort((a, b) => a - b);
  const middle = counts.length >> 1;
  const upper = counts[middle];
  if (upper === undefined) return null;
  return counts.length % 2 === 1 ? upper : (upper + (counts[middle - 1] as number)) / 2;
}

export function isPackedMass(raw: unknown): raw is PackedMass {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return false;
  const { value, weight, parts } = raw as Record<string, unknown>;
  if (!isAmount(value) || !isAmount(weight) || !Array.isArray(parts) || parts.length > 2 * MOST_PARTS) return false;
  if (parts.length % 2 !== 0) return false;
  return parts.every((item, i) =>
    i % 2 === 0 ? typeof item === 'string' && /^\d{1,7}\/\d{1,7}$/.test(item) : isAmount(item),
  );
}

export function isAmount(raw: unknown): raw is number {
  return typeof raw === 'number' && Math.abs(raw) <= LARGEST;
}
