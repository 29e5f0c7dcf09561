/** Faults of single members that a plan need not name beforehand: slowness, clocks, lies. Part of the suite. */
import { it } from 'vitest';
import type { PlannedFault } from '../../model/fault.ts';
import { BUSY, MS, PAIR, type Play, planOf } from './plans.ts';
import type { Stage } from './stage.ts';

/** Registers these scenarios. */
export function memberFaultConformance(play: Play): void {
  it('blocks a slow member before it sends', async ({ expect }) => {
    const slow: PlannedFault = {
      type: 'slow',
      id: 'f1',
      targets: ['n1'],
      atMs: 500,
      untilMs: 2500,
      blockMs: 1000,
      everyMs: 10_000,
    };
    const stage = await play({
      plan: planOf(PAIR, { 'anti-entropy': BUSY }),
      script(stage) {
        stage.startAll();
        stage.at(500, (cluster) => cluster.setFaults(1, [slow]));
        stage.at(800, (cluster) => cluster.invoke('n1', 1, 'anti-entropy', 'write', { key: 'k', value: 'v' }));
        stage.at(2500, (cluster) => cluster.setFaults(2, []));
        stage.endAt(3000);
      },
    });
    expect(stage.observed('n2', 'apply')).toHaveLength(1);
    expect(stage.observed('n2', 'apply')[0]?.time).toBeGreaterThanOrEqual(1500 * MS);
  });

  it('skews and drifts clocks, as traffic lines show', async ({ expect }) => {
    const window = { atMs: 500, untilMs: 4700 };
    const faults: PlannedFault[] = [
      { type: 'clock-skew', id: 'f1', targets: ['n1'], skewMs: 60_000, ...window },
      { type: 'clock-drift', id: 'f2', targets: ['n2'], factor: 3, ...window },
      { type: 'timer-drift', id: 'f3', targets: ['n3'], factor: 2, ...window },
    ];
    const stage = await play({
      plan: planOf(['n1', 'n2', 'n3'], { 'anti-entropy': {} }),
      script(stage) {
        stage.startAll();
        stage.at(window.atMs, (cluster) => cluster.setFaults(1, faults));
        stage.at(window.untilMs, (cluster) => cluster.setFaults(2, []));
        // Gone with the faults, as soon as these are.
        stage.sequence(
          [[() => Math.abs(stage.trafficOf('n1').at(-1)?.wallAheadMs ?? 0) < 1000, () => stage.endAt(0)]],
          window.untilMs + 300,
        );
      },
    });
    const inside = (member: string) =>
      stage.trafficOf(member).filter((line) => line.since > 900 * MS && line.time < window.untilMs * MS);
    const [skewed, drifted, hurried] = ['n1', 'n2', 'n3'].map((member) => inside(member).at(-1));
    expect(Math.abs((skewed?.wallAheadMs ?? 0) - 60_000)).toBeLessThan(1000);
    expect(Math.abs(hurried?.wallAheadMs ?? Number.NaN)).toBeLessThan(1000);
    // Two seconds gained in each second.
    const [earlier, later] = [inside('n2')[0], drifted];
    const gained = (later?.wallAheadMs ?? 0) - (earlier?.wallAheadMs ?? 0);
    const passed = ((later?.time ?? 0) - (earlier?.time ?? 0)) / MS;
    expect(passed).toBeGreaterThan(500);
    expect(Math.abs(gained / passed - 2)).toBeLessThan(0.1);
    const real = ((hurried?.time ?? 0) - (hurried?.since ?? 0)) / MS;
    expect((hurried?.monotonicMs ?? 0) / real).toBeCloseTo(2, 3);
    expect((skewed?.monotonicMs ?? 0) / real).toBeGreaterThan(0.5);
    // Gone with the faults.
    expect(Math.abs(stage.trafficOf('n1').at(-1)?.wallAheadMs ?? Number.NaN)).toBeLessThan(1000);
  });

  it('makes a member lie for as long as it is asked to', async ({ expect }) => {
    const delivered = (stage: Stage): unknown[] =>
      stage.observed('n2', 'deliver').map(({ observation }) => observation.kind === 'deliver' && observation.value);
    const lie: PlannedFault = {
      type: 'byzantine',
      id: 'f1',
      targets: ['n1'],
      channel: 'bracha',
      behaviour: 'equivocate',
      atMs: 300,
      untilMs: 1800,
    };
    const stage = await play({
      plan: planOf(['n1', 'n2', 'n3', 'n4'], { bracha: {} }),
      script(stage) {
        stage.startAll();
        stage.at(300, (cluster) => cluster.setFaults(1, [lie]));
        stage.sequence(
          [
            [() => stage.ups.length === 4, (cluster) => cluster.invoke('n1', 1, 'bracha', 'broadcast', 'x')],
            [
              () => stage.reply(1) !== undefined,
              (cluster) => {
                const nowMs = cluster.now() / MS;
                stage.at(nowMs + 1300, () => cluster.setFaults(2, []));
                stage.at(nowMs + 1600, () => cluster.invoke('n1', 2, 'bracha', 'broadcast', 'y'));
              },
            ],
            [() => delivered(stage).includes('y'), () => stage.endAt(0)],
          ],
          500,
        );
      },
    });
    for (const id of [1, 2]) expect(stage.reply(id)?.outcome.type).toBe('ok');
    expect(delivered(stage)).toContain('y');
    expect(delivered(stage)).not.toContain('x');
  });
}
