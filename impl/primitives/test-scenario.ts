/** Test support for membership protocols: links that are cut, what members list and have said, what always holds. */
import { expect } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import type { Observation } from '../protocol.ts';
import type { Seen, Sent, World } from '../testkit.ts';
import type { MembershipView } from './membership-protocol.ts';

export function firstLives(names: readonly string[]): string[] {
  return names.map((name) => `${name}/1`);
}

export function viewOf<View extends MembershipView = MembershipView>(world: World, name: string): View {
  return world.view(name) as unknown as View;
}

/** All of `members` see exactly `expected` alive and suspect nobody. */
export function agree(world: World, members: readonly string[], expected: readonly string[]): boolean {
  const wanted = [...expected].sort().join();
  return members.every((name) => {
    const view = viewOf(world, name);
    return view.suspect.length === 0 && view.alive.join() === wanted;
  });
}

type Status = Extract<Observation, { kind: 'status' }>;

export function statuses(world: World): (Seen & { observation: Status })[] {
  return world.seen.filter((seen): seen is Seen & { observation: Status } => seen.observation.kind === 'status');
}

/** Latency under which both ways between members of `side` and all others are cut, and a share of other datagrams is lost. */
export function cut(side: readonly string[], lossRate = 0, seed = 'loss'): (sent: Sent) => number | undefined {
  const random = split(seed, 'links');
  return (sent) => {
    if (side.includes(sent.from) !== side.includes(sent.to)) return undefined;
    return !sent.stream && random.next() < lossRate ? undefined : 1;
  };
}

const RANK = { alive: 0, suspect: 1, dead: 2, left: 3 } as const;

/** SWIM's order, which holds in every history, whatever happened. */
export function expectLegal(world: World): void {
  const raised = new Map<string, number>();
  const held = new Map<string, readonly number[]>();
  for (const { member, life, observation } of world.seen) {
    if (observation.kind === 'refute') {
      expect(observation.incarnation).toBeGreaterThan(raised.get(`${member}/${life}`) ?? 0);
      raised.set(`${member}/${life}`, observation.incarnation);
    } else if (observation.kind === 'status') {
      const { subject, subjectLife, incarnation, status } = observation;
      expect(subject).not.toBe(member);
      // Nobody speaks of an incarnation that the subject has not raised itself to.
      expect(incarnation).toBeLessThanOrEqual(raised.get(`${subject}/${subjectLife}`) ?? 0);
      const next = [subjectLife, incarnation, RANK[status]];
      const before = held.get(`${member}/${life}>${subject}`);
      if (before !== undefined) {
        const at = next.findIndex((value, i) => value !== before[i]);
        expect(at).toBeGreaterThanOrEqual(0);
        expect(next[at] ?? 0).toBeGreaterThan(before[at] ?? 0);
      }
      held.set(`${member}/${life}>${subject}`, next);
    }
  }
}
