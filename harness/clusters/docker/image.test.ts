/** What the image is made of, and the archive that carries it. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { ROOT } from '../real/test-context.ts';
import { collectImageFiles, NODE_PATH } from './image-files.ts';
import { type TarEntry, tarOf } from './tar.ts';

async function unpack(entries: readonly TarEntry[]): Promise<{ folder: string; names: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'hearsay-tar-'));
  const archive = join(folder, 'archive.tar');
  writeFileSync(archive, Buffer.concat([...tarOf(entries)]));
  const { stdout } = await execa('tar', ['--list', '--file', archive]);
  await execa('tar', ['--extract', '--no-same-owner', '--file', archive, '--directory', folder]);
  return { folder, names: stdout.split('\n') };
}

describe('tar archives', () => {
  it('are what tar takes in: contents, modes, links, long paths, sizes at the edge of a block', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(60)}/file`;
    const { folder, names } = await unpack([
      { type: 'folder', path: 'bin', mode: 0o755 },
      { type: 'file', path: 'bin/a', mode: 0o755, bytes: Buffer.alloc(512, 'a') },
      { type: 'file', path: 'empty', mode: 0o644, bytes: Buffer.alloc(0) },
      { type: 'file', path: long, mode: 0o644, bytes: Buffer.alloc(513, 'b') },
      { type: 'link', path: 'bin/b', target: 'a' },
    ]);
    try {
      expect(names).toEqual(['bin', 'bin/a', 'empty', long, 'bin/b']);
      expect(readFileSync(join(folder, 'bin/b'), 'utf8')).toBe('a'.repeat(512));
      expect(readFileSync(join(folder, long), 'utf8')).toBe('b'.repeat(513));
      expect(statSync(join(folder, 'bin/a')).mode & 0o777).toBe(0o755);
      expect(statSync(join(folder, 'empty')).size).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuse a path that does not fit', () => {
    const entry: TarEntry = { type: 'folder', path: 'x'.repeat(101), mode: 0o755 };
    expect(() => [...tarOf([entry])]).toThrow('too long a path');
  });
});

describe.skipIf(process.platform !== 'linux')("the image's files", () => {
  it('hold node, the loader and what it loads, our programs, and no more users than two', async () => {
    const { entries, hash } = await collectImageFiles();
    const paths = entries.map(({ path }) => `/${path}`);
    for (const path of [NODE_PATH, '/hearsay/member.js', '/etc/passwd', '/state']) expect(paths).toContain(path);
    expect(paths.some((path) => /\/ld-(linux|musl)/.test(path))).toBe(true);
    expect(paths.some((path) => path.includes('libc.'))).toBe(true);
    // The same files make the same image.
    expect((await collectImageFiles()).hash).toBe(hash);
    const state = entries.find(({ path }) => path === 'state');
    expect(state).toMatchObject({ mode: 0o700, owner: 10_001 });
  });
});

describe('docker/', () => {
  it('has a Dockerfile of this version, whose image runs as no root', () => {
    const dockerfile = readFileSync(join(ROOT, 'docker', 'Dockerfile'), 'utf8');
    expect(dockerfile).toContain(`ARG HEARSAY_VERSION=${manifest.version}`);
    expect(
      dockerfile
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('USER '))
        .at(-1),
    ).toBe('USER 10001:10001');
  });
});
