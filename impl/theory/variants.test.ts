import { describe, expect, it } from 'vitest';
import { compareVariants, type Variant, type VariantInput, type VariantName } from './variants.ts';

const INPUT: VariantInput = {
  n: 1000,
  fanout: 1,
  loss: 0,
  failed: 0,
  intervalMs: 1000,
  updateBytes: 500,
  keys: 100,
  digestBytes: 40,
  k: 4,
};

function variant(name: VariantName, over: Partial<VariantInput> = {}): Variant {
  const found = compareVariants({ ...INPUT, ...over }).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

describe('variants', () => {
  it('rumor mongering is that of table 1: s and m for k = 4', () => {
    const { residue, messagesPerUpdate, idleMessagesPerSecond } = variant('rumor');
    expect(Math.abs(residue / 0.0036 - 1)).toBeLessThan(0.05);
    expect(Math.abs(messagesPerUpdate / 5.6 - 1)).toBeLessThan(0.02);
    expect(idleMessagesPerSecond).toBe(0);
  });

  it('push-pull takes the published 9.16 rounds', () => {
    expect(Math.abs(variant('push-pull').rounds / 9.16 - 1)).toBeLessThan(0.01);
    expect(variant('push-pull', { intervalMs: 200 }).convergenceMs).toBeCloseTo(200 * variant('push-pull').rounds, 6);
  });

  it("SWIM's load is two messages a period, whatever n", () => {
    for (const n of [10, 100, 10_000]) expect(variant('swim', { n }).idleMessagesPerSecond).toBe(2);
    expect(variant('swim', { n: 10_000 }).stateBytes).toBe(10 * variant('swim', { n: 1000 }).stateBytes);
  });

  it('only rumor mongering leaves members out, and only anti-entropy pays for its keys when idle', () => {
    for (const name of ['anti-entropy', 'push-pull'] as const) expect(variant(name).residue).toBe(0);
    expect(variant('swim').residue).toBeLessThan(1e-9);
    const idle = (name: VariantName, keys: number): number => variant(name, { keys }).idleBytesPerSecond;
    expect(idle('anti-entropy', 1000)).toBe(10 * idle('anti-entropy', 100));
    expect(idle('push-pull', 1000)).toBe(idle('push-pull', 100));
  });

  it('what each is best in follows from the figures', () => {
    expect(variant('rumor').bestIn).toContain('least idle traffic');
    expect(variant('swim').bestIn).toContain('fewest messages');
    expect(variant('push-pull').bestIn).toContain('least residue');
    const all = compareVariants(INPUT);
    const quickest = Math.min(...all.map((each) => each.convergenceMs));
    for (const each of all) expect(each.bestIn.includes('quickest')).toBe(each.convergenceMs === quickest);
  });

  it('loss and members that are down slow all of them', () => {
    for (const name of ['anti-entropy', 'push-pull', 'swim'] as const) {
      expect(variant(name, { loss: 0.3 }).rounds).toBeGreaterThan(variant(name).rounds);
      expect(variant(name, { failed: 0.3 }).rounds).toBeGreaterThan(variant(name).rounds);
    }
  });
});
