/** A member that dies between making its records durable and reporting what came of them, or right after. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bracha } from '../../../impl/bracha/bracha.ts';
import { Stage } from '../conformance/stage.ts';
import { bundleProgram, planOf } from '../real/test-context.ts';
import { createOpenLocal } from './local.ts';

/** The member's program, killed in its first boot by the first batch that it is about to write, or has just written. */
const program = (when: 'before' | 'after'): string => `
  import { protocols } from '../../../impl/registry.ts';
  import { LineWriter } from '../../node/line-writer.ts';
  import { runMember } from '../../node/run-member.ts';
  class MortalWriter extends LineWriter {
    #types = [];
    write(line) {
      this.#types.push(line.type);
      super.write(line);
    }
    flush() {
      // A boot that has something to make good writes that before it is up.
      const due = this.#types.includes('up') && this.#types.indexOf('batch') > this.#types.indexOf('up');
      if (due && '${when}' === 'before') process.kill(process.pid, 'SIGKILL');
      super.flush();
      if (due) process.kill(process.pid, 'SIGKILL');
    }
  }
  runMember(protocols, new MortalWriter(1));
`;

describe('reports of a member that is killed', () => {
  const paths: string[] = [];
  beforeAll(async () => {
    for (const when of ['before', 'after'] as const)
      paths.push(await bundleProgram(`${when}-member.mjs`, program(when)));
  });
  afterAll(() => {
    for (const path of paths) rmSync(path, { force: true });
  });

  // Alone, a member delivers its own broadcast in the step that accepts it.
  it.each([
    ['before it could write them', 0],
    ['right after it wrote them', 1],
  ])('%s are taken exactly once', async (_, seenAtDeath) => {
    const seen: number[] = [];
    const stage = await Stage.play(createOpenLocal({ program: paths[seenAtDeath] }), {
      plan: planOf(1, 'b', bracha),
      script(stage) {
        stage.startAll();
        stage.sequence([
          [() => stage.ups.length === 1, (cluster) => cluster.invoke('n1', 1, 'b', 'broadcast', 'first')],
          [
            () => stage.downs.length === 1,
            () => {
              seen.push(stage.observed('n1', 'deliver').length);
              stage.start(0, 'n1', 1, 2, true);
            },
          ],
          [() => stage.ups.length === 2, (cluster) => cluster.invoke('n1', 2, 'b', 'broadcast', 'second')],
          [() => stage.reply(2) !== undefined, (cluster) => cluster.kill('n1')],
          // What the second boot reported last comes once more with the third, and is known.
          [() => stage.downs.length === 2, () => stage.start(0, 'n1', 1, 3, true)],
          [() => stage.ups.length === 3, () => stage.endAt(0)],
        ]);
      },
    });
    expect(stage.downs[0]).toMatchObject({ expected: false, reason: 'SIGKILL' });
    expect(seen).toEqual([seenAtDeath]);
    expect(stage.ups.map(({ boot }) => boot)).toEqual([1, 2, 3]);
    expect(stage.observed('n1', 'broadcast').map(({ observation }) => observation)).toMatchObject([
      { operation: 1, sequence: 1 },
      { operation: 2, sequence: 2 },
    ]);
    const deliveries = stage.observed('n1', 'deliver');
    expect(deliveries.map(({ observation }) => observation)).toMatchObject([{ value: 'first' }, { value: 'second' }]);
    // The time is that of the step, not of the report.
    expect(deliveries[0]?.time).toBeLessThan(stage.downs[0]?.time ?? 0);
    expect(stage.reply(1)?.outcome.type).toBe('ok');
  });
});
