/** Cuts links, in the shapes that Jepsen's tests made known and a few that gossip finds hard. */

import { UserError } from '../harness/model/errors.ts';
import type { LinkBlock } from '../harness/model/fault.ts';
import type { Nemesis } from '../harness/model/nemesis.ts';
import type { Random } from '../impl/protocol.ts';
import { minorityOf } from './targets.ts';

export const PARTITION_SHAPES = ['halves', 'majority', 'one', 'ring', 'bridge', 'one-way', 'random'] as const;
export type PartitionShape = (typeof PARTITION_SHAPES)[number];

/** Fewest members with which the shape cuts anything and is what its name says. */
const SMALLEST: Readonly<Record<PartitionShape, number>> = {
  halves: 2,
  majority: 3,
  one: 2,
  ring: 4,
  bridge: 3,
  'one-way': 2,
  random: 2,
};

/** The directed links that a shape cuts. Blocks list members in plan order. */
export function cutsOf(shape: PartitionShape, members: readonly string[], random: Random): LinkBlock[] {
  const smallest = SMALLEST[shape];
  const n = members.length;
  if (n < smallest) {
    const mend = `take --nodes ${smallest} or more, or another shape`;
    throw new UserError(`a ${shape} partition needs at least ${smallest} members and there are ${n}`, shape, mend);
  }
  const order = random.shuffle(members.slice());
  const inPlanOrder = (names: readonly string[]): string[] => members.filter((name) => names.includes(name));
  const apart = (a: readonly string[], b: readonly string[]): LinkBlock[] => {
    const [left, right] = [inPlanOrder(a), inPlanOrder(b)];
    return [
      { from: left, to: right },
      { from: right, to: left },
    ];
  };
  const splitAt = (size: number): LinkBlock[] => apart(order.slice(0, size), order.slice(size));
  switch (shape) {
    case 'halves':
      return splitAt(Math.floor(n / 2));
    case 'majority':
      return splitAt(minorityOf(n));
    case 'one':
      return splitAt(1);
    case 'random':
      return splitAt(1 + random.int(n - 1));
    case 'one-way':
      return apart(order.slice(0, Math.floor(n / 2)), order.slice(Math.floor(n / 2))).slice(0, 1);
    case 'bridge': {
      // The first of the order is the bridge: both sides reach it, and neither reaches the other.
      const size = Math.floor((n - 1) / 2);
      return apart(order.slice(1, 1 + size), order.slice(1 + size));
    }
    case 'ring':
      return order.map((name, index) => {
        const near = [name, order[(index + 1) % n], order[(index + n - 1) % n]];
        return { from: [name], to: members.filter((other) => !near.includes(other)) };
      });
  }
}

export const partition: Nemesis = {
  type: 'partition',
  flag: '--partition [shape]',
  doc: `cuts links: ${PARTITION_SHAPES.join(', ')} (default halves)`,
  colour: '#c0392b',
  family: 'partition',
  heal: 'the links are joined again',
  parse(text): PartitionShape {
    if (text === true) return 'halves';
    const shape = PARTITION_SHAPES.find((candidate) => candidate === text.trim());
    if (shape === undefined) {
      throw new UserError('--partition has no such shape', text, `take one of ${PARTITION_SHAPES.join(', ')}`);
    }
    return shape;
  },
  plan(shape: PartitionShape, context) {
    return context.windows.map(({ atMs, untilMs }) => ({
      type: 'partition' as const,
      shape,
      cuts: cutsOf(shape, context.members, context.random),
      atMs,
      untilMs,
    }));
  },
  draw(random, members): PartitionShape {
    const possible = PARTITION_SHAPES.filter((shape) => members.length >= SMALLEST[shape]);
    return possible[random.int(possible.length)] ?? 'halves';
  },
};
