/** Link faults between two busy members: each does about what it is asked to, and is gone afterwards. Part of the suite. */
import { it } from 'vitest';
import type { Cluster } from '../../model/cluster.ts';
import { LINK_FAULTS, type LinkFault, type PlannedFault } from '../../model/fault.ts';
import type { Plan } from '../../model/plan.ts';
import { BUSY, MS, PAIR, type Play, planOf } from './plans.ts';
import type { Scenario, Stage } from './stage.ts';

const ALL = 'all';
/** Six standard deviations: an honest cluster misses it about twice in 10^9. */
const SIGMAS = 6;
/** How long a fault acts, ms: longer where the machine was too slow for it to meet enough. */
const WINDOWS_MS = [1700, 5000, 12_000];
const BEFORE_MS = 300;
/** Then quiet, long enough for a kernel's rules to be gone and for traffic to go on without them. */
const AFTER_MS = 1500;
const ENOUGH_DATAGRAMS = 100;
/** A member that stands still for longer loses what its socket cannot hold, and no fault has to do with it. */
const LONG_STALL_MS = 400;

/** A link fault, in epoch 1, between two busy members that have been up for a while; then none, in epoch 2. */
function hurtPair(fault: PlannedFault, windowMs: number): Scenario {
  return {
    plan: planOf(PAIR, { 'anti-entropy': BUSY }),
    script(stage) {
      stage.startAll();
      stage.sequence([
        [
          () => stage.ups.length === 2,
          (cluster) => {
            const fromMs = cluster.now() / MS + BEFORE_MS;
            stage.at(fromMs, () => cluster.setFaults(1, [fault]));
            stage.at(fromMs + windowMs, () => cluster.setFaults(2, []));
            stage.endAt(fromMs + windowMs + AFTER_MS);
          },
        ],
      ]);
    },
  };
}

/** Nothing reads when a link fault is planned: the scenario says when it acts. */
const WINDOW = { atMs: BEFORE_MS, untilMs: BEFORE_MS + 1700 };

function linkFault(type: Exclude<LinkFault['type'], 'partition'>, strength: object): PlannedFault {
  if (!LINK_FAULTS.includes(type)) throw new Error(`${type} is no link fault`);
  return { type, id: 'f1', ...WINDOW, links: ALL, ...strength } as PlannedFault;
}

/** Registers these scenarios. */
export function linkConformance(play: Play): void {
  /** Again where the machine, not the cluster, kept the fault from meeting what is needed for a judgement. */
  const playHurt = async (fault: PlannedFault, change: (plan: Plan) => Plan = (plan) => plan): Promise<Stage> => {
    let stage: Stage | undefined;
    for (const windowMs of WINDOWS_MS) {
      const { plan, script } = hurtPair(fault, windowMs);
      stage = await play({ plan: change(plan), script });
      if (stage.sentIn(1) > ENOUGH_DATAGRAMS && stage.longestStallMs() < LONG_STALL_MS) break;
    }
    return stage as Stage;
  };

  it('cuts datagrams and streams, both ways, and heals', async ({ expect }) => {
    const cuts = [
      { from: ['n1'], to: ['n2'] },
      { from: ['n2'], to: ['n1'] },
    ];
    const partition: PlannedFault = { type: 'partition', id: 'f1', shape: 'halves', cuts, atMs: 0, untilMs: 1500 };
    const stage = await play({
      plan: planOf(PAIR, { 'anti-entropy': { intervalMs: 50 } }),
      script(stage) {
        const poll = (round: number, inMs: number) => (cluster: Cluster) =>
          stage.pollAll(cluster.now() / MS + inMs, round);
        stage.at(0, (cluster) => cluster.setFaults(1, [partition]));
        stage.startAll();
        stage.sequence([
          [
            () => stage.ups.length === 2,
            (cluster) => {
              // Too much for a datagram: what heals this travels by stream.
              for (let i = 0; i < 20; i++) {
                const write = { key: `k${i}`, value: 'x'.repeat(400) };
                cluster.invoke('n1', i, 'anti-entropy', 'write', write);
              }
            },
          ],
          // Long enough for a cut that cuts nothing to show.
          [() => stage.reply(19) !== undefined, poll(1, 900)],
          [
            () => stage.digests(1, 'anti-entropy').length === 2,
            (cluster) => {
              cluster.setFaults(2, []);
              stage.pollOn(2);
            },
          ],
          // A stream that the cut has swallowed is given up only when nothing has come of it for a while.
          [() => stage.agreedFrom(2, 'anti-entropy') !== undefined, () => stage.endAt(0)],
        ]);
      },
    });
    expect(new Set(stage.digests(1, 'anti-entropy')).size).toBe(2);
    expect(stage.agreedFrom(2, 'anti-entropy')).toBeGreaterThanOrEqual(2);
    expect(stage.received(1, 'n1', 'n2') + stage.received(1, 'n2', 'n1')).toBe(0);
    expect(stage.sent(1, 'n1', 'n2')).toBeGreaterThan(0);
    const [messages, bytes] = stage.trafficTotal('n2', 'received', 'anti-entropy.entries');
    expect(bytes / messages).toBeGreaterThan(1400);
  });

  it('cuts one way only where it is asked to', async ({ expect }) => {
    const cuts = [{ from: ['n2'], to: ['n1'] }];
    const partition: PlannedFault = { type: 'partition', id: 'f1', shape: 'one-way', cuts, ...WINDOW };
    const stage = await playHurt(partition);
    expect(stage.received(1, 'n1', 'n2')).toBeGreaterThan(0);
    expect(stage.received(1, 'n2', 'n1')).toBe(0);
    expect(stage.sent(1, 'n2', 'n1')).toBeGreaterThan(0);
  });

  it('loses about as much as asked', async ({ expect }) => {
    const stage = await playHurt(linkFault('loss', { probability: 0.4 }));
    const [sent, received] = [stage.sentIn(1), stage.receivedIn(1).received];
    expect(sent).toBeGreaterThan(ENOUGH_DATAGRAMS);
    expect(Math.abs(received - 0.6 * sent)).toBeLessThan(SIGMAS * Math.sqrt(0.24 * sent));
    // Before and after, nothing is lost.
    expect(stage.receivedIn(0).received).toBe(stage.sentIn(0));
  });

  it('duplicates, and the copies are counted as such', async ({ expect }) => {
    const stage = await playHurt(linkFault('duplicate', { probability: 0.4 }));
    const sent = stage.sentIn(1);
    const { received, duplicates } = stage.receivedIn(1);
    expect(received).toBe(sent + duplicates);
    expect(Math.abs(duplicates - 0.4 * sent)).toBeLessThan(SIGMAS * Math.sqrt(0.24 * sent));
    expect(stage.receivedIn(0).duplicates).toBe(0);
  });

  it('delays, and the delay is measured', async ({ expect }) => {
    const stage = await playHurt(linkFault('delay', { delayMs: 60, jitterMs: 20 }));
    expect(stage.receivedIn(1).received).toBe(stage.sentIn(1));
    // Timers know whole milliseconds: who is right on average is half of one early at times.
    expect(stage.receivedIn(1).delayMin).toBeGreaterThanOrEqual(39.5);
    expect(stage.receivedIn(0).delayMin).toBeLessThan(40);
  });

  it('keeps the latency that links have for the whole run, whatever is switched on and off', async ({ expect }) => {
    const links = [
      { from: ['n1'], to: ['n2'], latencyMs: 50, jitterMs: 10 },
      { from: ['n2'], to: ['n1'], latencyMs: 40, jitterMs: 10 },
    ];
    const fault = linkFault('delay', { delayMs: 60, jitterMs: 0 });
    const stage = await playHurt(fault, (plan) => ({ ...plan, network: { ...plan.network, links } }));
    expect(stage.receivedIn(0).delayMin).toBeGreaterThanOrEqual(40);
    expect(stage.receivedIn(0).delayMin).toBeLessThan(100);
    // A relay sends up to half a millisecond early.
    expect(stage.receivedIn(1).delayMin).toBeGreaterThanOrEqual(99.5);
    expect(stage.receivedIn(2).delayMin).toBeGreaterThanOrEqual(40);
    expect(stage.receivedIn(2).delayMin).toBeLessThan(100);
    expect(stage.receivedIn(1).received).toBe(stage.sentIn(1));
  });

  it('lets members draw their neighbours only, and answer whoever drew them', async ({ expect }) => {
    const names = ['n1', 'n2', 'n3'];
    const overlay = [
      { member: 'n1', knows: ['n2'] },
      { member: 'n2', knows: ['n1', 'n3'] },
      { member: 'n3', knows: ['n2'] },
    ];
    const stage = await play({
      plan: { ...planOf(names, { 'anti-entropy': BUSY }), overlay },
      script(scene) {
        scene.startAll();
        scene.sequence([[() => scene.ups.length === 3, (cluster) => scene.endAt(cluster.now() / MS + 1500)]]);
      },
    });
    for (const [from, to] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
      ['n2', 'n3'],
      ['n3', 'n2'],
    ] as const) {
      expect(stage.sent(0, from, to)).toBeGreaterThan(0);
    }
    expect(stage.sent(0, 'n1', 'n3') + stage.sent(0, 'n3', 'n1')).toBe(0);
  });

  it('reorders, and what was overtaken is counted', async ({ expect }) => {
    const stage = await playHurt(linkFault('reorder', { probability: 0.3, holdMs: 50 }));
    expect(stage.receivedIn(1).overtaken).toBeGreaterThan(0);
    expect(stage.receivedIn(1).received).toBe(stage.sentIn(1));
    expect(stage.receivedIn(0).overtaken).toBe(0);
  });

  it('corrupts, and what is damaged is counted and dropped', async ({ expect }) => {
    const stage = await playHurt(linkFault('corrupt', { probability: 0.4 }));
    const sent = stage.sentIn(1);
    const damaged = stage.corrupted();
    // A damaged datagram's epoch cannot be read, so it counts where it arrives.
    expect(stage.receivedIn(1).received + damaged).toBe(sent);
    expect(Math.abs(damaged - 0.4 * sent)).toBeLessThan(SIGMAS * Math.sqrt(0.24 * sent));
    // What is damaged while a kernel's rules are being changed is dropped too, and belongs to no epoch.
    const between = stage.sentAltogether() - stage.sentIn(0) - sent - stage.sentIn(2);
    expect(stage.dropped()).toBeGreaterThanOrEqual(damaged);
    expect(stage.dropped()).toBeLessThanOrEqual(damaged + between);
  });

  it('holds links to their bandwidth', async ({ expect }) => {
    const bitsPerSecond = 16_000;
    const stage = await playHurt(linkFault('bandwidth', { bitsPerSecond, queueMs: 100 }));
    const { received, bytes } = stage.receivedIn(1);
    // Per directed link, from the start to the end of all; what waits in the queue at the end of the window still arrives.
    const ceiling = 2 * (bitsPerSecond / 8) * (stage.endedAt / 1e9 + 0.2);
    expect(bytes).toBeLessThan(ceiling);
    expect(bytes).toBeGreaterThan(0);
    expect(received).toBeLessThan(stage.sentIn(1));
  });
}
