/** Starting, answering, pausing, leaving, stopping and polling members, and the cluster's clock. Part of the suite. */
import { it } from 'vitest';
import { BUSY, MS, PAIR, type Play, planOf } from './plans.ts';
import type { Stage } from './stage.ts';

/** Registers these scenarios. */
export function memberConformance(play: Play): void {
  it('starts members, tells when they are up, and gives answers', async ({ expect }) => {
    const stage = await play({
      plan: planOf(['n1', 'n2', 'n3'], { 'anti-entropy': {} }),
      script(stage) {
        stage.start(0, 'n1', 1, 1, false);
        stage.start(100, 'n2', 1, 1, false);
        // An engine that starts many containers at a time takes its time for each.
        stage.sequence(
          [
            [
              () => stage.ups.length === 2,
              (cluster) => {
                cluster.invoke('n1', 7, 'anti-entropy', 'write', { key: 'k', value: 'v' });
                cluster.invoke('n2', 8, 'no-such-channel', 'write', null);
              },
            ],
            [() => stage.reply(7) !== undefined && stage.reply(8) !== undefined, () => stage.endAt(0)],
          ],
          600,
        );
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
}
