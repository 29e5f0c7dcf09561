import { expect, it } from 'vitest';
import type { MemberStatus } from '../../impl/protocol.ts';
import { illegalStep } from './swim-order.ts';

type Step = readonly [MemberStatus, number, MemberStatus, number];

const LEGAL: readonly Step[] = [
  ['alive', 1, 'alive', 2],
  ['alive', 1, 'suspect', 1],
  ['alive', 1, 'dead', 1],
  ['suspect', 1, 'alive', 2],
  ['suspect', 1, 'suspect', 2],
  ['suspect', 1, 'dead', 1],
  ['dead', 1, 'alive', 2],
  ['dead', 1, 'left', 1],
  ['left', 1, 'alive', 2],
];
const ILLEGAL: readonly Step[] = [
  ['alive', 1, 'alive', 1],
  ['alive', 2, 'suspect', 1],
  ['suspect', 1, 'alive', 1],
  ['suspect', 1, 'suspect', 1],
  ['dead', 1, 'suspect', 1],
  ['dead', 1, 'alive', 1],
  ['dead', 1, 'dead', 1],
  ['left', 1, 'dead', 1],
  ['left', 1, 'alive', 1],
];

it.each(LEGAL)('%s(%i) to %s(%i) is legal', (a, i, b, j) => {
  expect(illegalStep({ life: 1, status: a, incarnation: i }, { life: 1, status: b, incarnation: j })).toBeUndefined();
});

it.each(ILLEGAL)('%s(%i) to %s(%i) is not', (a, i, b, j) => {
  expect(illegalStep({ life: 1, status: a, incarnation: i }, { life: 1, status: b, incarnation: j })).toBeTypeOf(
    'string',
  );
});

it('a later life overrides everything of an earlier one, and never the other way round', () => {
  const old = { life: 1, status: 'left', incarnation: 9 } as const;
  const fresh = { life: 2, status: 'alive', incarnation: 0 } as const;
  expect(illegalStep(old, fresh)).toBeUndefined();
  expect(illegalStep(fresh, old)).toBeTypeOf('string');
});
