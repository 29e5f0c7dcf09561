import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mountCommand, SmallDisk } from './disk.ts';
import { hereShell, prefixShell } from './shell.ts';
import { standing } from './test-context.ts';

const kind = await standing();

it('mounts a disk of its own, without rights it does not need', () => {
  expect(mountCommand('/state', 65_536).join(' ')).toBe(
    'mount -t tmpfs -o size=65536,mode=700,nosuid,nodev,noexec hearsay-state /state',
  );
});

describe.skipIf(kind === undefined)('a full disk', () => {
  it('refuses writes until there is room again; the machine sees nothing of it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hearsay-disk-'));
    const world = hereShell().start([
      'unshare',
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      'echo $$; exec cat',
    ]);
    try {
      const pid = await new Promise<string>((resolve) => world.onLine(resolve));
      const shell = prefixShell(['nsenter', '--target', pid, '--user', '--preserve-credentials', '--mount', '--']);
      const write = (name: string): Promise<string> =>
        shell.run(['sh', '-c', 'head -c 8192 /dev/zero >"$1"', 'sh', join(directory, name)], '');
      const disk = await SmallDisk.mount(shell, directory, 64 * 1024);
      await write('before');
      await disk.fill();
      await disk.fill();
      expect(await disk.freeBytes()).toBe(0);
      await expect(write('during')).rejects.toThrow(/No space left on device/);
      await disk.free();
      await disk.free();
      await write('after');
      expect(await shell.run(['stat', '-c', '%s', join(directory, 'before')], '')).toBe('8192');
      expect(readdirSync(directory)).toEqual([]);
      await disk.unmount();
      expect(await shell.run(['ls', '-A', directory], '')).toBe('');
    } finally {
      await world.stop();
      rmSync(directory, { recursive: true });
    }
    expect(existsSync(directory)).toBe(false);
  });
});
