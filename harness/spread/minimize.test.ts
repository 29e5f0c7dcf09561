/** Minimization (Demers et al. 1987, section 1.4), against the rule written out with plain objects. */
import { describe, expect, it } from 'vitest';
import { split } from '../model/rng.ts';
import { simulateSpread } from './monte-carlo.ts';

interface Site {
  knows: boolean;
  /** k: it has lost interest. */
  counter: number;
}

type WhoCounts = 'smaller' | 'both';

/**
 * One run; the state at the start of a cycle decides all of it. Push: sites that are hot contact one other each. Push-pull:
 * everybody does, and an exchange is the same whoever began it. Of two that both know, the one with the smaller counter
 * counts, both where equal; `both`: always both. A site that was of use starts counting anew.
 */
function plainRun(n: number, k: number, mode: 'push' | 'push-pull', who: WhoCounts, seed: string) {
  const random = split(seed);
  const sites: Site[] = Array.from({ length: n }, (_, index) => ({ knows: index === 0, counter: 0 }));
  const isHot = (site: Site): boolean => site.knows && site.counter < k;
  let messages = 0;
  while (sites.some(isHot)) {
    const before = sites.map((site) => ({ ...site }));
    const grow = (index: number): void => {
      const site = sites[index] as Site;
      if (site.counter < k) site.counter++;
    };
    const was = (index: number): Site => before[index] as Site;
    const exchange = (hot: number, other: number, bothMayBeHot: boolean): void => {
      messages++;
      const site = sites[hot] as Site;
      if (!was(other).knows) {
        (sites[other] as Site).knows = true;
        if (site.counter < k) site.counter = 0;
        return;
      }
      if (who === 'both' || was(hot).counter <= was(other).counter) grow(hot);
      if (bothMayBeHot && isHot(was(other)) && (who === 'both' || was(other).counter <= was(hot).counter)) grow(other);
    };
    const partner = (index: number): number => (index + 1 + random.int(n - 1)) % n;
    if (mode === 'push-pull') {
      before.forEach((site, index) => {
        if (isHot(site)) return;
        const source = partner(index);
        if (isHot(was(source))) exchange(source, index, false);
      });
    }
    before.forEach((site, index) => {
      if (isHot(site)) exchange(index, partner(index), true);
    });
  }
  return { residue: sites.filter((site) => !site.knows).length / n, traffic: messages / n };
}

const N = 500;
const RUNS = 150;

function plainMean(k: number, mode: 'push' | 'push-pull', who: WhoCounts) {
  let residue = 0;
  let traffic = 0;
  for (let run = 0; run < RUNS; run++) {
    const one = plainRun(N, k, mode, who, `${mode} ${k} ${who} ${run}`);
    residue += one.residue / RUNS;
    traffic += one.traffic / RUNS;
  }
  return { residue, traffic };
}

function minimized(k: number, mode: 'push' | 'push-pull', loss = 0) {
  const rule = { stop: 'counter', feedback: 'feedback', minimize: true } as const;
  const request = { ...rule, n: N, mode, k, loss, fanout: 1, topology: 'complete', runs: 400, seed: 'm' } as const;
  const { summary } = simulateSpread(request);
  return { residue: summary.residue.mean ?? Number.NaN, traffic: summary.traffic.mean ?? Number.NaN, summary };
}

describe('minimization', () => {
  it.each([
    ['push', 1],
    ['push', 2],
    ['push', 3],
    ['push-pull', 1],
    ['push-pull', 2],
  ] as const)('%s, k = %i: as the rule written out, and less is missed than where both count', (mode, k) => {
    const measured = minimized(k, mode);
    const plain = plainMean(k, mode, 'smaller');
    expect(Math.abs(measured.residue - plain.residue)).toBeLessThan(0.1 * plain.residue + 0.0015);
    expect(Math.abs(measured.traffic / plain.traffic - 1)).toBeLessThan(0.03);
    const both = plainMean(k, mode, 'both');
    // With k = 1 all that are hot stand at 0: both count under either rule.
    if (k === 1) expect(Math.abs(measured.traffic / both.traffic - 1)).toBeLessThan(0.03);
    else expect(measured.residue).toBeLessThan(0.85 * both.residue);
  });

  it('push: what is missed is e^-m, as for every rule that pushes to random members', () => {
    const { residue, traffic } = minimized(2, 'push');
    expect(Math.abs(residue / Math.exp(-traffic) - 1)).toBeLessThan(0.05);
  });

  it('push-pull: far less is missed than by pushes of the same traffic', () => {
    const { residue, traffic } = minimized(2, 'push-pull');
    expect(residue).toBeLessThan(0.3 * Math.exp(-traffic));
  });

  it('has no theory beside it, and copes with loss', () => {
    const { summary } = minimized(2, 'push-pull', 0.2);
    expect(summary.coverage.every(({ theory }) => theory === null)).toBe(true);
    expect(summary.residue.mean).toBeLessThan(0.05);
  });
});
