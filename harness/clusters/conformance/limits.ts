/**
 * What every cluster must do with members that are short of something: processor time, room for their state, a clock that
 * stands by what it says. Part of the suite. The plans name the faults, since sites prepare for them.
 */
import { it, type TestContext } from 'vitest';
import type { Cluster } from '../../model/cluster.ts';
import { UnavailableError } from '../../model/errors.ts';
import type { PlannedFault } from '../../model/fault.ts';
import type { TrafficLine } from '../../model/history.ts';
import type { Plan } from '../../model/plan.ts';
import { MS, PAIR, type Play, planOf } from './plans.ts';
import type { Stage } from './stage.ts';

const WINDOW = { atMs: 500, untilMs: 4000 };
/** A fault counts as on so long after it was asked for, ms. */
const EDGE_MS = 500;
/** A full disk may still take what fits into the block of its last record: the last of so many writes surely does not. */
const WRITES = 30;
const VALUE = 'x'.repeat(400);

/** Registers these scenarios. */
export function limitConformance(play: Play): void {
  const planWith = (faults: readonly PlannedFault[], intervalMs: number): Plan => ({
    ...planOf(PAIR, { 'anti-entropy': { intervalMs } }),
    faults,
  });
  const inside = (stage: Stage, member: string): TrafficLine[] =>
    stage
      .trafficOf(member)
      .filter((line) => line.since > (WINDOW.atMs + EDGE_MS) * MS && line.time < WINDOW.untilMs * MS);

  it('leaves a starved member its share of a processor, and gives the rest back', async (context) => {
    const { expect } = context;
    const share = 0.02;
    const starve: PlannedFault = { type: 'cpu', id: 'f1', targets: ['n1'], share, ...WINDOW };
    const stage = await orSkip(context, () =>
      play({
        plan: planWith([starve], 5),
        script(stage) {
          stage.startAll();
          stage.at(WINDOW.atMs, (cluster) => cluster.setFaults(1, [starve]));
          stage.at(WINDOW.untilMs, (cluster) => cluster.setFaults(2, []));
          stage.endAt(6500);
        },
      }),
    );
    const held = inside(stage, 'n1');
    const usedMs = held.reduce((sum, { cpu }) => sum + (cpu?.usedMs ?? 0), 0);
    const spanMs = held.reduce((sum, { since, time }) => sum + (time - since) / MS, 0);
    expect(held.length).toBeGreaterThan(0);
    expect(held.reduce((sum, { cpu }) => sum + (cpu?.throttled ?? 0), 0)).toBeGreaterThan(5);
    // Two periods' quota at the ends of each interval.
    expect(usedMs).toBeLessThan(share * (1.1 * spanMs + 200 * held.length) + 20);
    // Given back: at 5 ms a round it needs more than its share was.
    const free = stage.trafficOf('n1').filter((line) => line.since > (WINDOW.untilMs + EDGE_MS) * MS);
    expect(free.length).toBeGreaterThan(0);
    for (const { cpu } of free) {
      expect(cpu).toBeDefined();
      expect(cpu?.throttled).toBeLessThan(5);
    }
    // Nobody else is held up, nor measures what the plan has no use for.
    expect(stage.trafficOf('n2').every(({ cpu }) => cpu === undefined)).toBe(true);
  });

  it('acknowledges and passes on nothing that it has no room to store, and does so once it has', async ({ expect }) => {
    const full: PlannedFault = { type: 'disk-full', id: 'f1', targets: ['n1'], ...WINDOW };
    /** The last one is operation `id`, of key `key`. */
    const writeMany = (cluster: Cluster, id: number, key: string): void => {
      for (let i = WRITES - 1; i >= 0; i--) {
        const value = { key: i === 0 ? key : `${key}${i}`, value: VALUE };
        cluster.invoke('n1', i === 0 ? id : 1000 * id + i, 'anti-entropy', 'write', value);
      }
    };
    let freedAt = Number.POSITIVE_INFINITY;
    let killedAt = Number.POSITIVE_INFINITY;
    const stage = await play({
      plan: planWith([full], 50),
      script(stage) {
        const soon = (ms: number): (() => boolean) => {
          let from: number | undefined;
          return () => {
            from ??= stage.latest;
            return stage.latest - from > ms * MS;
          };
        };
        stage.startAll();
        stage.sequence([
          [() => stage.ups.length === 2, (cluster) => writeMany(cluster, 1, 'a')],
          [() => stage.reply(1) !== undefined, (cluster) => cluster.setFaults(1, [full])],
          [soon(EDGE_MS), (cluster) => writeMany(cluster, 2, 'b')],
          [soon(1500), (cluster) => cluster.invoke('n1', 3, 'anti-entropy', 'read', { key: 'b' })],
          [
            soon(1500),
            (cluster) => {
              freedAt = cluster.now();
              cluster.setFaults(2, []);
            },
          ],
          [() => stage.reply(3) !== undefined, (cluster) => cluster.setFaults(3, [full])],
          [soon(EDGE_MS), (cluster) => writeMany(cluster, 4, 'c')],
          [
            soon(1000),
            (cluster) => {
              killedAt = cluster.now();
              cluster.kill('n1');
            },
          ],
          [() => stage.downs.length === 1, (cluster) => cluster.setFaults(4, [])],
          [() => true, (cluster) => stage.start(cluster.now() / MS, 'n1', 1, 2, true)],
          [
            () => stage.ups.length === 3,
            (cluster) => {
              for (const [id, key] of [
                [5, 'a'],
                [6, 'b'],
                [7, 'c'],
              ] as const) {
                cluster.invoke('n1', id, 'anti-entropy', 'read', { key });
              }
            },
          ],
          [() => stage.reply(7) !== undefined, (cluster) => stage.endAt(cluster.now() / MS)],
        ]);
      },
    });
    expect(stage.reply(1)?.outcome.type).toBe('ok');
    // What could not be stored was not answered, nor anything that it shows in, until there was room.
    for (const id of [2, 3]) {
      expect(stage.reply(id)?.outcome.type).toBe('ok');
      expect(stage.reply(id)?.time).toBeGreaterThanOrEqual(freedAt);
    }
    const passedOn = stage.observed('n2', 'apply').filter(({ observation: o }) => o.kind === 'apply' && o.key === 'b');
    expect(passedOn).toHaveLength(1);
    expect(passedOn[0]?.time).toBeGreaterThanOrEqual(freedAt);
    // And what never was is gone with the process, and nobody had heard of it.
    expect(stage.reply(4)).toBeUndefined();
    expect(killedAt).toBeGreaterThan(freedAt);
    expect(stage.observed('n2', 'apply').some(({ observation: o }) => o.kind === 'apply' && o.key === 'c')).toBe(false);
    const valueRead = (id: number): unknown => {
      const outcome = stage.reply(id)?.outcome;
      return outcome?.type === 'ok' ? (outcome.value as { readonly value: unknown }).value : outcome;
    };
    expect([5, 6, 7].map(valueRead)).toEqual([VALUE, VALUE, null]);
    // It went on all the while, and said why.
    expect(stage.downs.filter(({ expected }) => !expected)).toEqual([]);
    expect(stage.trafficOf('n1').reduce((sum, { disk }) => sum + (disk?.refused ?? 0), 0)).toBeGreaterThan(0);
    expect(stage.trafficOf('n2').every(({ disk }) => disk === undefined)).toBe(true);
  });

  it('lets a clock leap there and back, and leaves it true', async ({ expect }) => {
    const strobe: PlannedFault = {
      type: 'clock-strobe',
      id: 'f1',
      targets: ['n1'],
      skewMs: 60_000,
      everyMs: 100,
      ...WINDOW,
    };
    const stage = await play({
      plan: planWith([strobe], 50),
      script(stage) {
        stage.startAll();
        stage.at(WINDOW.atMs, (cluster) => cluster.setFaults(1, [strobe]));
        stage.at(WINDOW.untilMs, (cluster) => cluster.setFaults(2, []));
        stage.endAt(6500);
      },
    });
    const seen = inside(stage, 'n1').flatMap(({ wall }) => wall ?? []);
    expect(seen.length).toBeGreaterThan(0);
    for (const { leaps, leastMs, mostMs } of seen) {
      // Ten a second; a busy machine makes fewer, and none makes more.
      expect(leaps).toBeGreaterThan(1);
      expect(leaps).toBeLessThan(16);
      expect(Math.abs(leastMs)).toBeLessThan(1000);
      expect(Math.abs(mostMs - 60_000)).toBeLessThan(1000);
    }
    const after = stage.trafficOf('n1').filter((line) => line.since > (WINDOW.untilMs + EDGE_MS) * MS);
    expect(after.length).toBeGreaterThan(0);
    for (const { wall } of after) expect(wall).toMatchObject({ leaps: 0 });
    expect(Math.abs(after.at(-1)?.wallAheadMs ?? Number.NaN)).toBeLessThan(1000);
    expect(stage.trafficOf('n2').every(({ wall }) => wall === undefined)).toBe(true);
  });
}

/** What this machine refuses in so many words is said aloud. */
async function orSkip(context: TestContext, play: () => Promise<Stage>): Promise<Stage> {
  try {
    return await play();
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    console.warn(`SKIPPED: ${error.message}`);
    return context.skip(error.message);
  }
}
