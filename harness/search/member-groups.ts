/** Members that can only be taken out of a plan together. */
import type { Plan } from '../model/plan.ts';

/**
 * Pairs, and groups of three with a liar among them. Quorums go by shares of the members: what breaks at 7 members of
 * which 2 lie may stand 6, and break at 5 with 1 liar. The last members first.
 */
export function groupsToDrop(plan: Plan): readonly (readonly string[])[] {
  const names = plan.members.map(({ name }) => name).reverse();
  const liars = new Set(plan.faults.flatMap((fault) => (fault.type === 'byzantine' ? fault.targets : [])));
  const pairs = names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other]));
  const threes = pairs.flatMap(([one = '', other = '']) =>
    names.slice(names.indexOf(other) + 1).map((third) => [one, other, third]),
  );
  return [...pairs, ...threes.filter((group) => group.some((name) => liars.has(name)))];
}

/** Who does most already; the first of them, and the first member where nobody does anything. */
export function heirAmong({ members, operations }: Plan, names: ReadonlySet<string>): string | undefined {
  const done = new Map(members.filter(({ name }) => names.has(name)).map(({ name }) => [name, 0]));
  for (const { member } of operations) {
    const count = done.get(member);
    if (count !== undefined) done.set(member, count + 1);
  }
  const most = Math.max(...done.values());
  return [...done].find(([, count]) => count === most)?.[0];
}
