import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { pushResidue, roundsToAll, type SpreadMode } from './spread.ts';

/** The round model of `roundsToAll`, played. */
function playRounds(mode: SpreadMode, n: number, fanout: number, seed: string, up = n, active = 1): number {
  const random = split(seed);
  let known = new Set([0]);
  for (let rounds = 0; ; rounds++) {
    if (known.size === up) return rounds;
    const next = new Set(known);
    for (let member = 0; member < up; member++) {
      if (active < 1 && random.next() >= active) continue;
      const others = Array.from({ length: n - 1 }, (_, index) => (index < member ? index : index + 1));
      for (const partner of random.sample(others, fanout)) {
        if (partner >= up) continue;
        if (mode !== 'pull' && known.has(member)) next.add(partner);
        if (mode !== 'push' && known.has(partner)) next.add(member);
      }
    }
    known = next;
  }
}

/** Pushes with feedback and a counter that is never set back, one push at a time. */
function playPushes(n: number, k: number, seed: string): number {
  const random = split(seed);
  const useless = new Map([[0, 0]]);
  const hot = [0];
  for (let pusher = hot.pop(); pusher !== undefined; pusher = hot.pop()) {
    const draw = random.int(n - 1);
    const target = draw < pusher ? draw : draw + 1;
    if (!useless.has(target)) {
      useless.set(target, 0);
      hot.push(target, pusher);
    } else {
      const count = (useless.get(pusher) ?? 0) + 1;
      useless.set(pusher, count);
      if (count < k) hot.push(pusher);
    }
  }
  return (n - useless.size) / (n - 1);
}

describe('rounds to all', () => {
  it.each([
    ['push', 1],
    ['pull', 1],
    ['push-pull', 1],
    ['push', 3],
    ['push-pull', 2],
  ] as const)('%s with fanout %i is what play shows, and no less', (mode, fanout) => {
    const runs = 2000;
    const played = Array.from({ length: runs }, (_, run) => playRounds(mode, 16, fanout, `${mode} ${fanout} ${run}`));
    const bound = roundsToAll(mode, 16, fanout, 0.05);
    const late = (rounds: number): number => played.filter((each) => each > rounds).length / runs;
    // Four standard deviations of a share of 0.05 over 2,000 runs.
    expect(late(bound)).toBeLessThan(0.05 + 0.02);
    // One round less is too few, also in play; pushes without replacement may save up to a round more.
    expect(late(bound - (fanout === 1 ? 1 : 2))).toBeGreaterThan(0.05 - 0.02);
  });

  it.each(['push', 'pull', 'push-pull'] as const)('%s wastes contacts with the absent, as play does', (mode) => {
    const runs = 2000;
    const played = Array.from({ length: runs }, (_, run) => playRounds(mode, 12, 1, `${mode} absent ${run}`, 8));
    const bound = roundsToAll(mode, 12, 1, 0.05, 4);
    const late = (rounds: number): number => played.filter((each) => each > rounds).length / runs;
    expect(late(bound)).toBeLessThan(0.05 + 0.02);
    expect(late(bound - 1)).toBeGreaterThan(0.05 - 0.02);
    expect(bound).toBeGreaterThan(roundsToAll(mode, 12, 1, 0.05));
  });

  it.each(['push', 'pull'] as const)('%s takes longer where members skip rounds, as play does', (mode) => {
    const runs = 2000;
    const played = Array.from({ length: runs }, (_, run) => playRounds(mode, 12, 3, `${mode} idle ${run}`, 12, 0.3));
    const bound = roundsToAll(mode, 12, 3, 0.05, 0, 0.3);
    const late = (rounds: number): number => played.filter((each) => each > rounds).length / runs;
    expect(late(bound)).toBeLessThan(0.05 + 0.02);
    // Pushes of one member go to distinct ones in play.
    expect(late(bound - (mode === 'pull' ? 1 : 2))).toBeGreaterThan(0.05 - 0.02);
    expect(bound).toBeGreaterThan(roundsToAll(mode, 12, 3, 0.05));
  });

  it('has medians near the published means: n = 100, push 12.32, pull 9.77, push-pull 6.52 (literature, section 5)', () => {
    const median = (mode: SpreadMode): number => roundsToAll(mode, 100, 1, 0.5);
    expect(median('push')).toBe(12);
    expect(Math.abs(median('pull') - 9.77)).toBeLessThan(1);
    expect(Math.abs(median('push-pull') - 6.52)).toBeLessThan(1);
  });

  it('is nothing for one member, one round for two, and grows with n and with certainty', () => {
    expect(roundsToAll('push', 1, 1, 1e-9)).toBe(0);
    expect(roundsToAll('push', 2, 1, 1e-9)).toBe(1);
    const sizes = [3, 10, 50, 300, 512, 600, 2000].map((n) => roundsToAll('push-pull', n, 1, 1e-12));
    expect(sizes.slice(1).every((rounds, index) => rounds >= (sizes[index] ?? 0))).toBe(true);
    expect(roundsToAll('pull', 30, 1, 1e-12)).toBeGreaterThan(roundsToAll('pull', 30, 1, 1e-6));
  });
});

describe('residue of pushes', () => {
  it.each([1, 2, 3])('with feedback and counter %i tends to s = e^-(k+1)(1-s)', (k) => {
    const s = pushResidue(3000, { stop: 'counter', feedback: 'feedback', k });
    expect(Math.abs(s / Math.exp(-(k + 1) * (1 - s)) - 1)).toBeLessThan(0.01);
  });

  it.each([
    [1, 0.96],
    [2, 0.205],
    [3, 0.06],
    [4, 0.02],
    [5, 0.0071],
  ])('blind with coin %i is that of table 2, n = 1000: %f', (k, published) => {
    // The table's cycles and this chain's single pushes differ a little, most where few members are ever reached.
    const s = pushResidue(1000, { stop: 'coin', feedback: 'blind', k });
    expect(Math.abs(s - published)).toBeLessThan(0.06 * published);
  });

  it('is what play shows among seven', () => {
    const runs = 20_000;
    let sum = 0;
    for (let run = 0; run < runs; run++) sum += playPushes(7, 2, `play ${run}`);
    const expected = pushResidue(7, { stop: 'counter', feedback: 'feedback', k: 2 });
    expect(Math.abs(sum / runs - expected)).toBeLessThan(0.005);
  });

  it('is nothing where one push reaches everybody', () => {
    expect(pushResidue(2, { stop: 'counter', feedback: 'blind', k: 1 })).toBe(0);
    expect(pushResidue(1, { stop: 'coin', feedback: 'blind', k: 2 })).toBe(0);
  });

  it('counts blind pushes: three members, one push each', () => {
    // The origin reaches one; that one reaches the third with chance 1/2, and so the third is missed with 1/2.
    expect(pushResidue(3, { stop: 'counter', feedback: 'blind', k: 1 })).toBeCloseTo(0.25, 12);
  });
});
