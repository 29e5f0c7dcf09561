/** Members that nobody governs (docker/by-hand.mjs), here as processes on loopback, become one cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { swim } from '../../../impl/swim/swim.ts';
import { planOf, ROOT, until } from '../real/test-context.ts';

const MEMBERS = 'n1=127.0.7.1,n2=127.0.7.2,n3=127.0.7.3';

describe.skipIf(process.platform !== 'linux')('a cluster by hand', () => {
  const children: ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'hearsay-by-hand-'));
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds together, answers what is typed, and ends with SIGTERM', async () => {
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(planOf(3, 'swim', swim)));
    const heard = new Map<string, string>();
    for (const name of ['n1', 'n2', 'n3']) {
      const child = spawn(process.execPath, [join(ROOT, 'docker', 'by-hand.mjs')], {
        env: {
          NAME: name,
          MEMBERS,
          PLAN: join(folder, 'plan.json'),
          PROGRAM: join(ROOT, 'dist', 'member.js'),
          STATE: folder,
          PORT: String(20_000 + (process.pid % 10_000)),
        },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      child.stdout?.setEncoding('utf8').on('data', (text: string) => heard.set(name, (heard.get(name) ?? '') + text));
      children.push(child);
    }
    const said = (name: string, what: string): boolean => heard.get(name)?.includes(what) ?? false;
    await until(() => said('n3', '"subject":"n1"') && said('n1', '"subject":"n3"'), 'they know each other');
    children[0]?.stdin?.write('{"type":"poll","round":1,"full":true}\n');
    await until(() => said('n1', '"type":"view"'), 'n1 shows its view');
    const codes = children.map((child) => new Promise((resolve) => child.on('exit', resolve)));
    for (const child of children) child.kill('SIGTERM');
    expect(await Promise.all(codes)).toEqual([0, 0, 0]);
  });

  it('says which name it was given where it is none of the members', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'docker', 'by-hand.mjs')], {
      env: { NAME: 'n9', MEMBERS },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(64);
    expect(text).toContain('given: n9');
  });
});
