import { describe, expect, it } from 'vitest';
import { meanFieldEnd } from '../../impl/theory/coverage.ts';
import { floodCoverage } from '../../impl/theory/reliability.ts';
import { residueOfCounter } from '../../impl/theory/residue.ts';
import { roundsUntilAll } from '../../impl/theory/rounds-distribution.ts';
import { FastRandom } from './fast-random.ts';
import { LockStep } from './lock-step.ts';
import { type SpreadRequest, simulateSpread } from './monte-carlo.ts';
import { CompletePartners } from './partners.ts';

const BASE: SpreadRequest = {
  n: 300,
  mode: 'push',
  stop: 'never',
  feedback: 'feedback',
  k: 1,
  fanout: 1,
  loss: 0,
  topology: 'complete',
  runs: 300,
  seed: 'test',
};

const play = (over: Partial<SpreadRequest>) => simulateSpread({ ...BASE, ...over });
const meanOf = (moments: { mean: number | null }): number => moments.mean ?? Number.NaN;

describe('lock-step', () => {
  it('is a function of its request', () => {
    expect(play({ loss: 0.2, stop: 'coin', k: 3 })).toEqual(play({ loss: 0.2, stop: 'coin', k: 3 }));
    expect(play({}).summary).not.toEqual(play({ seed: 'other' }).summary);
  });

  it('two members: one cycle and one message, whatever the mode', () => {
    for (const mode of ['push', 'pull', 'push-pull'] as const) {
      const { summary } = play({ n: 2, mode });
      expect([summary.roundsToAll.mean, summary.roundsToAll.sd]).toEqual([1, 0]);
      expect(summary.residue.mean).toBe(0);
      expect(summary.coverage.map((point) => point.mean)).toEqual([0.5, 1]);
    }
    expect(play({ n: 2 }).summary.traffic.mean).toBe(0.5);
  });

  it('whoever hears acts from the next cycle on: push at most doubles, push-pull may do more', () => {
    const model = new LockStep(500, BASE);
    for (let run = 0; run < 50; run++) {
      const { knownByCycle } = model.run(new CompletePartners(500), new FastRandom('double', run));
      for (let cycle = 1; cycle < knownByCycle.length; cycle++) {
        expect(knownByCycle[cycle]).toBeLessThanOrEqual(2 * (knownByCycle[cycle - 1] ?? 0));
      }
    }
    const both = new LockStep(500, { ...BASE, mode: 'push-pull' }).run(new CompletePartners(500), new FastRandom('x'));
    expect(both.knownByCycle.some((known, cycle) => known > 2 * (both.knownByCycle[cycle - 1] ?? known))).toBe(true);
  });

  it('rounds: each member is hot for exactly k cycles', () => {
    const { summary } = play({ n: 50, stop: 'rounds', k: 3, fanout: 2 });
    const reached = 1 - meanOf(summary.residue);
    expect(meanOf(summary.traffic)).toBeCloseTo(reached * 6, 10);
  });

  it('counter, blind: exactly k pushes each', () => {
    const { summary } = play({ n: 50, stop: 'counter', feedback: 'blind', k: 4 });
    expect(meanOf(summary.traffic)).toBeCloseTo((1 - meanOf(summary.residue)) * 4, 10);
  });

  it('feedback that is lost is not counted: loss alone makes nobody stop', () => {
    // Pushes to one who knows, of which none is answered: with k = 1 the first answer ends it.
    const { summary } = play({ n: 2, stop: 'counter', k: 1, loss: 0.9, runs: 2000 });
    // Each of the two goes on until an answer comes to a push that was useless: 1 / 0.01 pushes, and those before.
    expect(meanOf(summary.traffic)).toBeGreaterThan(90);
    expect(summary.residue.mean).toBe(0);
  });

  it('loss stretches a spread by what theory says', () => {
    for (const mode of ['push', 'pull', 'push-pull'] as const) {
      const measured = meanOf(play({ mode, loss: 0.3, fanout: 2, runs: 600 }).summary.roundsToAll);
      const expected = roundsUntilAll({ n: 300, mode, fanout: 2, loss: 0.3 }).expected ?? Number.NaN;
      expect(Math.abs(measured / expected - 1)).toBeLessThan(0.03);
    }
  });

  it.each(['push', 'pull', 'push-pull'] as const)(
    '%s: coverage by cycle is near theory, and p10 and p90 hold it',
    (mode) => {
      const { coverage } = play({ mode, n: 1000, runs: 500 }).summary;
      for (const { mean, p10, p90, theory } of coverage) {
        expect(Math.abs(mean - (theory ?? Number.NaN))).toBeLessThan(0.03);
        expect(p10).toBeLessThanOrEqual(p90);
      }
      expect(coverage.at(-1)?.mean).toBe(1);
    },
  );

  it.each([
    ['push', 'counter', 'feedback', 2, 1, 0],
    ['push', 'coin', 'blind', 3, 1, 0],
    ['push', 'coin', 'feedback', 3, 2, 0.2],
    ['push', 'counter', 'blind', 3, 1, 0],
    ['pull', 'counter', 'feedback', 1, 1, 0],
    ['pull', 'coin', 'feedback', 3, 1, 0.1],
    ['pull', 'counter', 'blind', 8, 1, 0.1],
    ['push-pull', 'counter', 'feedback', 1, 1, 0.2],
    ['push', 'rounds', 'feedback', 2, 1, 0],
  ] as const)(
    '%s %s %s k=%i fanout %i loss %f ends where the mean field does',
    (mode, stop, feedback, k, fanout, loss) => {
      const law = { n: 2000, mode, stop, feedback, k, fanout, loss };
      const { summary } = play({ ...law, runs: 100 });
      const end = meanFieldEnd(law);
      expect(Math.abs(meanOf(summary.residue) - end.residue)).toBeLessThan(0.1 * end.residue + 0.001);
      expect(Math.abs(meanOf(summary.traffic) / end.traffic - 1)).toBeLessThan(0.03);
    },
  );

  it('a blind rumour may die out at once, as often as its pushes are all lost', () => {
    const law = { n: 300, stop: 'counter', feedback: 'blind', k: 3, loss: 0.3 } as const;
    const { residue } = play({ ...law, runs: 4000 }).summary;
    // Extinct with q = (loss + (1 - loss) q)^k; the others leave what the mean field says.
    let q = 0;
    for (let i = 0; i < 200; i++) q = (0.3 + 0.7 * q) ** 3;
    const end = meanFieldEnd({ ...law, mode: 'push', fanout: 1 });
    expect(Math.abs(meanOf(residue) - (q + (1 - q) * end.residue))).toBeLessThan(0.015);
  });

  it('a useful push sets the counter back: the residue is below the relation without', () => {
    const measured = meanOf(play({ n: 1000, stop: 'counter', k: 2 }).summary.residue);
    expect(measured).toBeLessThan(0.7 * residueOfCounter(2));
  });

  it('a flood with fanout 10, each once, under 10 % loss, reaches 1 - s with s = e^(-9(1-s)), about 1 - e^-9', () => {
    const { summary } = play({ n: 200_000, stop: 'rounds', k: 1, fanout: 10, loss: 0.1, runs: 1 });
    const reached = 1 - meanOf(summary.residue);
    expect(Math.abs(reached - (1 - Math.exp(-9)))).toBeLessThan(1e-4);
    const expected = floodCoverage({ n: 200_000, fanout: 10, loss: 0.1, failed: 0 });
    expect(Math.abs(reached - expected)).toBeLessThan(1e-4);
  });

  it('topologies: a ring takes n / 2 cycles and more, an expander not much longer than all', () => {
    const rounds = (over: Partial<SpreadRequest>) =>
      meanOf(play({ mode: 'push-pull', runs: 30, ...over }).summary.roundsToAll);
    const complete = rounds({});
    expect(rounds({ topology: 'ring', fanout: 2 })).toBe(150);
    expect(rounds({ topology: 'random-regular' })).toBeLessThan(1.6 * complete);
    expect(rounds({ topology: 'small-world' })).toBeGreaterThan(1.4 * complete);
    expect(rounds({ topology: 'two-zones' })).toBeGreaterThan(complete);
    expect(play({ topology: 'ring', runs: 1 }).summary.coverage[1]?.theory).toBeNull();
  });

  it('says nothing where there is nothing to average', () => {
    const { summary, runsToAll } = play({ stop: 'coin', feedback: 'blind', k: 1, runs: 20 });
    expect(runsToAll).toBe(0);
    expect(summary.roundsToAll).toEqual({ mean: null, sd: null });
    expect(play({ runs: 1 }).summary.residue).toEqual({ mean: 0, sd: null });
  });
});
