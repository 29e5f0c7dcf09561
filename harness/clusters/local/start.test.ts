/** Programs that never become members: the opening says so, soon, and leaves nothing behind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { antiEntropy } from '../../../impl/anti-entropy/anti-entropy.ts';
import { childrenOf, deafEvents, planOf } from '../real/test-context.ts';
import { createOpenLocal } from './local.ts';

const SILENT = 'process.stdin.resume();';

describe('opening with a program that does not work', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'hearsay-test-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each([
    ['that does not exist', undefined, 'exit code 1'],
    ['that ends at once', 'process.exit(3);', 'exit code 3'],
    ['that is killed', "process.kill(process.pid, 'SIGKILL'); setInterval(() => 0, 1000);", 'SIGKILL'],
    ['that says it cannot', `console.log('{"type":"failed","reason":"no luck"}');`, 'no luck'],
    ['that speaks no JSON', "console.log('Hello!'); process.stdin.resume();", 'it wrote what is no report: Hello!'],
    [
      'that sends what is no report',
      "console.log('null'); process.stdin.resume();",
      'it wrote what is no report: null',
    ],
    ['that says nothing', SILENT, 'it was not ready within 1.5 s'],
  ])('%s', async (_, code, reason) => {
    const program = join(directory, 'program.mjs');
    if (code === undefined) rmSync(program, { force: true });
    else writeFileSync(program, code);
    const opening = Promise.resolve(
      createOpenLocal({ program, startDeadlineMs: code === SILENT ? 1500 : 30_000 })({
        plan: planOf(3, 'kv', antiEntropy),
        events: deafEvents,
        directory: undefined,
      }),
    );
    await expect(opening).rejects.toThrow(/^member n\d did not start: /);
    await expect(opening).rejects.toThrow(reason);
    expect(await childrenOf(process.pid)).toEqual([]);
  });
});
