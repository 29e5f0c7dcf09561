/** Replicas of a database in two zones, with a wide area network between them: anti-entropy keeps them equal. */
import type { Scenario } from '../../harness/model/scenario.ts';

/** A link across a continent: 80 to 100 ms there and back. */
const WAN = { latencyMs: 40, jitterMs: 10 } as const;

export const distributedDatabase: Scenario = {
  name: 'distributed-database',
  summary: 'replicas in two zones, 40 to 50 ms apart; anti-entropy between all of them',
  nodes: { usual: 8, least: 2, most: 200 },
  timeMs: 30_000,
  protocols: ['anti-entropy'],
  settings: {},
  members: (count) => [...zone('east', Math.ceil(count / 2)), ...zone('west', Math.floor(count / 2))],
  links(members) {
    const east = members.filter((name) => name.startsWith('east'));
    const west = members.filter((name) => name.startsWith('west'));
    return [
      { from: east, to: west, ...WAN },
      { from: west, to: east, ...WAN },
    ];
  },
};

function zone(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);
}
