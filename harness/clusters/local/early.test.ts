/** Between being asked to start and running, a member has its sockets: what comes to them then is not lost. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { antiEntropy } from '../../../impl/anti-entropy/anti-entropy.ts';
import type { Plan } from '../../model/plan.ts';
import { Stage } from '../conformance/stage.ts';
import { bundleProgram, planOf } from '../real/test-context.ts';
import { createOpenLocal } from './local.ts';

/** The member's program, which in the second member is long in reading that it is to start, and takes all else at once. */
const PROGRAM = `
  import { protocols } from '../../../impl/registry.ts';
  import { runMember } from '../../node/run-member.ts';
  let second = false;
  let held = 0;
  const on = process.stdin.on.bind(process.stdin);
  process.stdin.on = (event, listener) => on(event, event !== 'data' ? listener : (chunk) => {
    second ||= chunk.includes('"name":"n2"') && chunk.includes('"type":"init"');
    const long = held > 0 || (second && chunk.includes('"type":"start"'));
    if (!long) return listener(chunk);
    held++;
    setTimeout(() => { held--; listener(chunk); }, 600);
  });
  runMember(protocols);
`;

/** Busy, so that many datagrams and a stream come within that time. */
function busyPlan(): Plan {
  const plan = planOf(2, 'kv', antiEntropy);
  const channels = plan.channels.map((channel) => ({ ...channel, settings: { ...channel.settings, intervalMs: 10 } }));
  return { ...plan, channels };
}

describe('a member that is long in starting', () => {
  let program = '';
  beforeAll(async () => {
    program = await bundleProgram('late-member.mjs', PROGRAM);
  });
  afterAll(() => rmSync(program, { force: true }));

  const play = (secondAtMs: number): Promise<Stage> =>
    Stage.play(createOpenLocal({ program }), {
      plan: busyPlan(),
      script(stage) {
        stage.start(0, 'n1', 1, 1, false);
        stage.start(secondAtMs, 'n2', 1, 1, false);
        stage.sequence([
          [() => stage.ups.length === 2, (cluster) => cluster.setFaults(1, [])],
          // What epoch 0 has under way arrives before anybody stops.
          [() => stage.trafficOf('n2').length > 2, () => stage.endAt(0)],
        ]);
      },
    });
  const early = (stage: Stage): number =>
    stage.trafficOf('n2').reduce((sum, { dropped }) => sum + (dropped.early ?? 0), 0);

  it('gets all that was sent to it since it was asked to start', async () => {
    const stage = await play(0);
    const up = stage.ups.find(({ member }) => member === 'n2')?.time ?? 0;
    const first = stage.ups.find(({ member }) => member === 'n1')?.time ?? 0;
    expect(up - first).toBeGreaterThan(300e6);
    expect(stage.sent(0, 'n1', 'n2')).toBeGreaterThan(5);
    expect(stage.received(0, 'n1', 'n2')).toBe(stage.sent(0, 'n1', 'n2'));
    expect(early(stage)).toBe(0);
  });

  it('gets nothing that was sent while nobody had asked it to start', async () => {
    const stage = await play(800);
    expect(early(stage)).toBeGreaterThan(5);
    expect(stage.received(0, 'n1', 'n2') + early(stage)).toBe(stage.sent(0, 'n1', 'n2'));
    expect(stage.received(0, 'n1', 'n2')).toBeGreaterThan(0);
  });
});
