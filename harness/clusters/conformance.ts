/**
 * What every cluster must do, as scenarios against the contract: planned with `cluster.at` before `run`, judged on what
 * was reported. Nothing here depends on how fast a cluster is: orders, counts and planned times decide.
 */
import { describe, it } from 'vitest';
import { type Data, settingsOf } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import type { Cluster, OpenCluster } from '../model/cluster.ts';
import { LINK_FAULTS, type LinkFault, type PlannedFault } from '../model/fault.ts';
import { PLAN_FORMAT, PLAN_VERSION, type Plan } from '../model/plan.ts';
import { type Scenario, Stage } from './conformance-stage.ts';
import { limitConformance } from './limit-conformance.ts';

const MS = 1e6;
const ALL = 'all';
/** Six standard deviations: an honest cluster misses it about twice in 10^9. */
const SIGMAS = 6;

/** Anti-entropy rounds that follow each other fast give links something to be measured by. */
const BUSY = { intervalMs: 5 };

function planOf(
  names: readonly string[],
  channels: { readonly [protocol: string]: { readonly [key: string]: Data } },
): Plan {
  return {
    format: PLAN_FORMAT,
    version: PLAN_VERSION,
    seed: 'conformance',
    members: names.map((name) => ({ name, startAtMs: 0 })),
    channels: Object.entries(channels).map(([name, changes]) => {
      const protocol = protocols.get(name);
      if (protocol === undefined) throw new Error(`no protocol ${name}`);
      const settings = settingsOf(protocol.settings, 'quick') as { readonly [key: string]: Data };
      return { name, protocol: name, settings: { ...settings, ...changes } };
    }),
    workloads: [],
    operations: [],
    faults: [],
    operationTimeoutMs: 1000,
    closing: { healAtMs: 1, pollEveryMs: 100, deadlineMs: 1 },
    network: { latencyMs: 1, jitterMs: 0 },
  };
}

const PAIR = ['n1', 'n2'];
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

/** Registers the suite. `open` may give a cluster of real or of virtual time. */
export function clusterConformance(name: string, open: OpenCluster): void {
  const play = (scenario: Scenario): Promise<Stage> => Stage.play(open, scenario);
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

  describe.concurrent(`cluster ${name}`, () => {
    it('starts members, tells when they are up, and gives answers', async ({ expect }) => {
      const stage = await play({
        plan: planOf(['n1', 'n2', 'n3'], { 'anti-entropy': {} }),
        script(stage) {
          stage.start(0, 'n1', 1, 1, false);
          stage.start(100, 'n2', 1, 1, false);
          stage.at(600, (cluster) => cluster.invoke('n1', 7, 'anti-entropy', 'write', { key: 'k', value: 'v' }));
          stage.at(600, (cluster) => cluster.invoke('n2', 8, 'no-such-channel', 'write', null));
          stage.endAt(1200);
        },
      });
      // A real process may take longer than the one that was started after it.
      const ups = [...stage.ups].sort((a, b) => (a.member < b.member ? -1 : 1));
      expect(ups.map(({ member, life, boot }) => [member, life, boot])).toEqual([
        ['n1', 1, 1],
        ['n2', 1, 1],
      ]);
      expect(ups[1]?.time).toBeGreaterThanOrEqual(100 * MS);
      expect(stage.reply(7)?.outcome).toMatchObject({ type: 'ok' });
      expect(stage.reply(7)?.time).toBeGreaterThanOrEqual(600 * MS);
      expect(stage.reply(8)?.outcome.type).toBe('fail');
      // What a client's write did is seen before, or with, the answer.
      const applied = stage
        .observed('n1', 'apply')
        .find(({ observation }) => observation.kind === 'apply' && observation.operation === 7);
      expect(applied?.time).toBeLessThanOrEqual(stage.reply(7)?.time ?? 0);
    });

    it('calls back in order of time, equal times in the order of the calls, never early', async ({ expect }) => {
      const calls: string[] = [];
      let early = 0;
      await play({
        plan: planOf(['n1'], { 'anti-entropy': {} }),
        script(stage) {
          stage.at(40, (cluster) => {
            calls.push('c');
            cluster.at(0, () => calls.push('d'));
          });
          for (const call of ['a', 'b']) {
            stage.at(20, (cluster) => {
              calls.push(call);
              if (cluster.now() < 20 * MS) early++;
            });
          }
          stage.at(80, () => calls.push('e'));
          stage.endAt(100);
        },
      });
      expect(calls.join('')).toBe('abcde');
      expect(early).toBe(0);
    });

    it('kills, hands back the records with state, and none without', async ({ expect }) => {
      const read = { key: 'k' };
      const stage = await play({
        plan: planOf(['n1'], { 'anti-entropy': {} }),
        script(stage) {
          stage.startAll();
          stage.at(500, (cluster) => cluster.invoke('n1', 1, 'anti-entropy', 'write', { key: 'k', value: 'v' }));
          stage.sequence([
            [() => stage.reply(1) !== undefined, (cluster) => cluster.kill('n1')],
            [() => stage.downs.length === 1, () => stage.start(0, 'n1', 1, 2, true)],
            [() => stage.ups.length === 2, (cluster) => cluster.invoke('n1', 2, 'anti-entropy', 'read', read)],
            [() => stage.reply(2) !== undefined, (cluster) => cluster.kill('n1')],
            [() => stage.downs.length === 2, () => stage.start(0, 'n1', 2, 1, false)],
            [() => stage.ups.length === 3, (cluster) => cluster.invoke('n1', 3, 'anti-entropy', 'read', read)],
            [() => stage.reply(3) !== undefined, () => stage.endAt(0)],
          ]);
        },
      });
      expect(stage.ups.map(({ life, boot }) => [life, boot])).toEqual([
        [1, 1],
        [1, 2],
        [2, 1],
      ]);
      expect(stage.downs.slice(0, 2)).toMatchObject([
        { member: 'n1', life: 1, expected: true },
        { member: 'n1', life: 1, expected: true },
      ]);
      expect(stage.downs[0]?.time).toBeGreaterThanOrEqual(500 * MS);
      expect(stage.reply(2)?.outcome).toMatchObject({ type: 'ok', value: { value: 'v' } });
      expect(stage.reply(3)?.outcome).toMatchObject({ type: 'ok', value: { value: null } });
    });

    it('starts a member again whose last process is only just being killed', async ({ expect }) => {
      const stage = await play({
        plan: planOf(['n1'], { 'anti-entropy': {} }),
        script(stage) {
          stage.startAll();
          stage.at(500, (cluster) => cluster.kill('n1'));
          stage.start(500, 'n1', 2, 1, false);
          stage.sequence([[() => stage.ups.length === 2, () => stage.endAt(0)]]);
        },
      });
      expect(stage.events.filter((event) => event === 'up' || event === 'down')).toEqual(['up', 'down', 'up', 'down']);
    });

    it('holds a paused member, and lets it go on', async ({ expect }) => {
      let resumedAt = Number.POSITIVE_INFINITY;
      const stage = await play({
        plan: planOf(PAIR, { 'anti-entropy': BUSY }),
        script(stage) {
          stage.startAll();
          stage.sequence([
            [
              () => stage.ups.length === 2,
              (cluster) => {
                const nowMs = cluster.now() / MS;
                cluster.pause('n1');
                // An engine takes its time to stop a container.
                stage.at(nowMs + 800, () => cluster.invoke('n1', 1, 'anti-entropy', 'read', { key: 'k' }));
                stage.at(nowMs + 800, () => cluster.invoke('n2', 2, 'anti-entropy', 'read', { key: 'k' }));
                stage.at(nowMs + 2300, () => {
                  resumedAt = cluster.now();
                  cluster.resume('n1');
                });
              },
            ],
            [() => stage.reply(1) !== undefined, () => stage.endAt(0)],
          ]);
        },
      });
      expect(stage.reply(1)?.time).toBeGreaterThanOrEqual(resumedAt);
      expect(stage.reply(2)?.outcome.type).toBe('ok');
      expect(stage.downs.every((down) => down.expected)).toBe(true);
      expect(Math.max(...stage.trafficOf('n1').map((line) => line.stalledMs))).toBeGreaterThan(500);
    });

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

    limitConformance({ play, planOf });

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
          stage.at(500, (cluster) => cluster.invoke('n1', 1, 'bracha', 'broadcast', 'x'));
          stage.at(1800, (cluster) => cluster.setFaults(2, []));
          stage.at(2100, (cluster) => cluster.invoke('n1', 2, 'bracha', 'broadcast', 'y'));
          stage.sequence([[() => delivered(stage).includes('y'), () => stage.endAt(0)]], 2100);
        },
      });
      expect(delivered(stage)).toContain('y');
      expect(delivered(stage)).not.toContain('x');
    });

    it('lets a member leave, and it stays up until it is stopped', async ({ expect }) => {
      const left = (stage: Stage) =>
        stage
          .observed('n1', 'status')
          .find(({ observation }) => observation.kind === 'status' && observation.status === 'left');
      let stoppedAt = Number.POSITIVE_INFINITY;
      const stage = await play({
        plan: planOf(['n1', 'n2', 'n3'], { swim: {} }),
        script(stage) {
          stage.startAll();
          stage.sequence([
            [() => stage.ups.length === 3, (cluster) => stage.at(cluster.now() / MS + 1000, () => cluster.leave('n3'))],
            [
              () => left(stage) !== undefined,
              (cluster) =>
                stage.at(cluster.now() / MS + 500, () => {
                  stoppedAt = cluster.now();
                  cluster.stop('n3');
                }),
            ],
            [() => stage.downs.length === 1, () => stage.endAt(0)],
          ]);
        },
      });
      expect(left(stage)?.observation).toMatchObject({ subject: 'n3' });
      expect(stage.downs[0]).toMatchObject({ member: 'n3', expected: true });
      expect(stage.downs[0]?.time).toBeGreaterThanOrEqual(stoppedAt);
    });

    it('polls digests that are equal for equal states, and views when asked', async ({ expect }) => {
      const stage = await play({
        plan: planOf(PAIR, { 'anti-entropy': { intervalMs: 50 } }),
        script(stage) {
          stage.startAll();
          stage.sequence([
            [() => stage.ups.length === 2, (cluster) => stage.pollAll(cluster.now() / MS, 1)],
            [
              () => stage.digests(1, 'anti-entropy').length === 2,
              (cluster) => cluster.invoke('n1', 1, 'anti-entropy', 'write', { key: 'k', value: 'v' }),
            ],
            [() => stage.observed('n2', 'apply').length > 0, (cluster) => stage.pollAll(cluster.now() / MS, 2, true)],
            [() => stage.digests(2, 'anti-entropy').length === 2, () => stage.endAt(0)],
          ]);
        },
      });
      const [empty, full] = [stage.digests(1, 'anti-entropy'), stage.digests(2, 'anti-entropy')];
      expect(empty).toHaveLength(2);
      expect(new Set(empty).size).toBe(1);
      expect(full).toHaveLength(2);
      expect(new Set(full).size).toBe(1);
      expect(full[0]).not.toBe(empty[0]);
      expect(stage.views.filter(({ round }) => round === 1).every(({ view }) => view === undefined)).toBe(true);
      expect(
        stage.views.filter(({ round }) => round === 2).every(({ view }) => JSON.stringify(view).includes('"k"')),
      ).toBe(true);
    });

    it('leaves members that are down alone, and reports nothing after the end', async ({ expect }) => {
      const stage = await play({
        plan: planOf(PAIR, { 'anti-entropy': BUSY }),
        script(stage) {
          stage.start(0, 'n1', 1, 1, false);
          stage.sequence([
            [
              () => stage.ups.length === 1,
              (cluster) => {
                cluster.invoke('n2', 1, 'anti-entropy', 'read', { key: 'k' });
                cluster.poll('n2', 1, true);
                for (const act of ['pause', 'resume', 'kill', 'stop', 'leave'] as const) cluster[act]('n2');
                stage.at(cluster.now() / MS + 500, () => cluster.finish());
              },
            ],
          ]);
        },
      });
      expect(stage.reply(1)).toBeUndefined();
      expect(stage.ups.map(({ member }) => member)).toEqual(['n1']);
      expect(stage.downs.filter(({ member }) => member === 'n2')).toEqual([]);
      const before = stage.events.length;
      await new Promise((resolve) => setImmediate(resolve));
      expect(stage.events).toHaveLength(before);
      expect(stage.latest).toBeLessThanOrEqual(stage.endedAt);
    });
  });
}
