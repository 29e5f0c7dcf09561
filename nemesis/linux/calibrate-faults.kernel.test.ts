/** Calibration against this machine's kernel: what it finds right, and a rule that does nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CalibratedFault, type Calibration, linksOutside } from '../../harness/model/calibration.ts';
import type { PlannedFault } from '../../harness/model/fault.ts';
import { calibrateFaults, type FaultCalibrationOptions } from './calibrate-faults.ts';
import { probeKernel } from './capabilities.ts';
import type { LinkRule } from './link-rule.ts';
import { MEASURED, PROBE_COMMAND, PROBE_PORT, standing, TestWorld } from './test-context.ts';
import { unsupported } from './unsupported.ts';

const kind = await standing();
const capabilities = await probeKernel();
const window = { atMs: 0, untilMs: 1 };
const FAULTS: readonly PlannedFault[] = [
  { type: 'loss', id: 'loss', links: 'all', probability: 0.3, ...window },
  { type: 'partition', id: 'cut', shape: 'one-way', cuts: [{ from: ['n1'], to: ['n2', 'n3'] }], ...window },
  { type: 'delay', id: 'delay', links: [{ from: ['n1'], to: ['n2'] }], delayMs: 60, jitterMs: 10, ...window },
  { type: 'duplicate', id: 'copy', links: 'all', probability: 0.2, ...window },
  { type: 'corrupt', id: 'damage', links: [{ from: ['n3'], to: ['n1'] }], probability: 0.2, ...window },
  { type: 'reorder', id: 'hold', links: 'all', probability: 0.25, holdMs: 40, ...window },
  { type: 'bandwidth', id: 'rate', links: 'all', bitsPerSecond: 1e6, queueMs: 100, ...window },
];
const [MISSING] = unsupported(FAULTS, capabilities, { faketime: undefined, ownClocks: true, relay: true });
if (MISSING !== undefined) console.warn(`SKIPPED: calibration of ${MISSING.type}: ${MISSING.reason}; ${MISSING.mend}`);

const byId = (calibration: Calibration | undefined, id: string): CalibratedFault => {
  const found = calibration?.faults.find(({ faults }) => faults.includes(id));
  if (found === undefined) throw new Error(`${id} was not calibrated: ${JSON.stringify(calibration?.left)}`);
  return found;
};

describe.skipIf(kind === undefined || MISSING !== undefined)('calibration of faults', MEASURED, () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await TestWorld.create(kind ?? 'root', capabilities);
  });
  afterAll(async () => {
    await world?.close();
  });

  const calibrated = (change: Partial<FaultCalibrationOptions>): Promise<Calibration | undefined> =>
    calibrateFaults({
      faults: FAULTS,
      members: world.members,
      probeCommand: PROBE_COMMAND,
      port: PROBE_PORT,
      capabilities,
      apply: (rules) => world.apply(rules),
      ...change,
    });

  it.for(FAULTS)('sees $type, on its own links alone', async (fault) => {
    const calibration = await calibrated({ faults: [fault] });
    const { effect, links, pooled } = byId(calibration, fault.id);
    expect(effect).toBe('seen');
    expect(links.filter(({ touched }) => touched).length).toBeGreaterThan(0);
    // Correct links lie outside their interval once in a hundred times; none lies so far from what was asked.
    const far = (asked: number): number => (pooled.unit === 'share' ? 0.2 : 0.5 * asked);
    for (const link of links.filter(({ touched }) => touched))
      expect(Math.abs(link.measured - link.asked), JSON.stringify(link)).toBeLessThanOrEqual(far(link.asked));
    for (const link of links.filter(({ touched }) => !touched)) {
      expect(link.asked).toBe(0);
      if (link.unit === 'share') expect(link.measured, JSON.stringify(link)).toBe(0);
      else expect(link.measured).toBeLessThan(far(pooled.asked));
    }
    expect(calibration?.problem).toBeUndefined();
    const baseline = calibration?.baseline ?? [];
    expect(baseline.length).toBeGreaterThan(0);
    for (const { sent, received } of baseline) {
      expect(sent).toBeGreaterThan(0);
      expect(received).toBe(sent);
    }
  });

  it('leaves nothing in force', async () => {
    await calibrated({});
    const of = await world.measure({ datagrams: 200 });
    for (const [from, to] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
      ['n3', 'n1'],
    ] as const) {
      const { lost, duplicated, reordered, damaged } = of(from, to);
      expect([lost, duplicated, reordered, damaged].map(({ count }) => count)).toEqual([0, 0, 0, 0]);
    }
  });

  it('says of a builder that makes no loss that its fault has no effect, and spares the others', async () => {
    const broken = (rules: readonly LinkRule[]): LinkRule[] => rules.map((rule) => ({ ...rule, losses: [] }));
    const calibration = await calibrated({
      faults: FAULTS.slice(0, 2),
      apply: (rules) => world.apply(broken(rules)),
    });
    expect(byId(calibration, 'loss')).toMatchObject({ effect: 'none', pooled: { measured: 0, within: false } });
    expect(byId(calibration, 'cut')).toMatchObject({ effect: 'seen', pooled: { measured: 1, within: true } });
  });

  it('says of a builder that mixes up the directions on which links it lies outside', async () => {
    const turned = (rules: readonly LinkRule[]): LinkRule[] =>
      rules.map((rule) => ({ ...rule, from: rule.to, to: rule.from }));
    const calibration = await calibrated({
      faults: FAULTS.slice(1, 2),
      apply: (rules) => world.apply(turned(rules)),
    });
    expect(byId(calibration, 'cut').effect).toBe('none');
    const outside = linksOutside(calibration as Calibration).map(({ from, to }) => `${from} ${to}`);
    expect(outside).toEqual(expect.arrayContaining(['n1 n2', 'n1 n3', 'n2 n1', 'n3 n1']));
  });

  it('goes on without where probes cannot be run, and not where rules cannot be made', async () => {
    const without = await calibrated({ faults: FAULTS.slice(0, 1), probeCommand: ['no-such-program'] });
    expect(without).toMatchObject({ faults: [], left: [{ faults: ['loss'] }] });
    expect(without?.problem).toMatch(/no-such-program/);
    const refused = calibrated({ faults: FAULTS.slice(0, 1), apply: () => Promise.reject(new Error('no rules')) });
    await expect(refused).rejects.toThrow('no rules');
    expect(await calibrated({ faults: [] })).toBeUndefined();
  });
});
