import { describe, expect, it } from 'vitest';
import type { LinkFault, PlannedFault } from '../../harness/model/fault.ts';
import { anyOf, type LinkMember, planLinkRules } from './link-rule.ts';

const members: LinkMember[] = ['a', 'b', 'c'].map((name, index) => ({
  name,
  address: `198.18.0.${index + 1}`,
  port: 7000,
}));
const WINDOW = { atMs: 0, untilMs: 1 } as const;
const loss = (id: string, probability: number, burst?: number): LinkFault => ({
  type: 'loss',
  id,
  ...WINDOW,
  links: 'all',
  probability,
  burst,
});
const ONE_WAY = [{ from: ['a'], to: ['b', 'a'] }];

const names = (faults: readonly PlannedFault[], base: readonly LinkFault[] = []): string[] =>
  planLinkRules(faults, members, base).map(({ from, to }) => `${from.name}${to.name}`);

describe('rules for directed links', () => {
  it('gives none where nothing is in force, and passes faults of members by', () => {
    expect(names([])).toEqual([]);
    expect(names([{ type: 'pause', id: 'p', ...WINDOW, targets: ['a'] }])).toEqual([]);
  });

  it('names each directed link once, in the order of the members, and never one to itself', () => {
    expect(names([loss('l', 0.1)])).toEqual(['ab', 'ac', 'ba', 'bc', 'ca', 'cb']);
    expect(names([{ type: 'partition', id: 'p', ...WINDOW, shape: 'one-way', cuts: ONE_WAY }])).toEqual(['ab']);
  });

  it('gathers all that is in force on a link, what is always in force first', () => {
    const cut: LinkFault = { type: 'partition', id: 'p', ...WINDOW, shape: 'one-way', cuts: ONE_WAY };
    const base: LinkFault = { type: 'delay', id: 'base', ...WINDOW, links: 'all', delayMs: 5, jitterMs: 0 };
    const delay: LinkFault = { type: 'delay', id: 'd', ...WINDOW, links: ONE_WAY, delayMs: 20, jitterMs: 4 };
    const rules = planLinkRules([delay, cut, loss('l', 0.1), loss('b', 0.2, 3)], members, [base]);
    expect(rules[0]).toEqual({
      from: members[0],
      to: members[1],
      cut: true,
      losses: [{ id: 'l', probability: 0.1 }],
      bursts: [{ id: 'b', probability: 0.2, burst: 3 }],
      delays: [
        { id: 'base', delayMs: 5, jitterMs: 0 },
        { id: 'd', delayMs: 20, jitterMs: 4 },
      ],
      reorders: [],
      duplicates: [],
      corrupts: [],
      rates: [],
    });
    expect(rules[1]).toMatchObject({ cut: false, delays: [{ id: 'base' }] });
  });

  it('knows no bursts where everything is lost', () => {
    expect(planLinkRules([loss('l', 1, 4)], members)[0]).toMatchObject({ bursts: [], losses: [{ probability: 1 }] });
  });
});

it('joins independent chances', () => {
  expect(anyOf([])).toBe(0);
  expect(anyOf([{ probability: 0.5 }, { probability: 0.5 }])).toBe(0.75);
});
