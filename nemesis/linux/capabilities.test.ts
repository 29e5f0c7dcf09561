import { describe, expect, it } from 'vitest';
import { probeKernel, readProbe } from './capabilities.ts';
import { CommandError, hereShell, type NamespaceShell, prefixShell } from './shell.ts';

describe('what the kernel offers', () => {
  it('is read from what the probe prints, and what it does not name is missing', () => {
    const { parts, reasons } = readProbe(`noise
hearsay-part netem no Error: Specified qdisc kind is unknown.
hearsay-part htb ok
hearsay-part dup no
hearsay-part novelty ok
`);
    expect([...parts]).toEqual(['htb']);
    expect(reasons.get('netem')).toBe('Error: Specified qdisc kind is unknown.');
    expect(reasons.get('dup')).toBe('refused without a word');
    expect(reasons.get('nft')).toBe('the probe did not come so far');
    expect(reasons.size).toBe(6);
  });

  it('is nothing, with the reason, where nothing can be tried', async () => {
    const shell: NamespaceShell = {
      ...hereShell(),
      run: (command) => Promise.reject(new CommandError(command, 'Operation not permitted')),
    };
    const { parts, reasons } = await probeKernel({ shell });
    expect(parts.size).toBe(0);
    expect(reasons.get('netem')).toBe('unshare --net sh: Operation not permitted');
  });
});

describe('a command', () => {
  it('that fails gives one line with what it said', async () => {
    const failing = hereShell().run(['sh', '-c', 'echo one >&2; echo two >&2; exit 3'], '');
    await expect(failing).rejects.toThrow(/^sh -c echo one >&2; echo two >&2; exit 3: one two$/);
  });

  it('that does not exist is told so', async () => {
    await expect(prefixShell(['no-such-program']).run(['x'], '')).rejects.toThrow(/no-such-program/);
  });

  it('gets its whole input and gives its whole output', async () => {
    const text = 'x'.repeat(200_000);
    expect(await hereShell().run(['cat'], text)).toBe(text);
  });

  it('that goes on running ends when its stdin does', async () => {
    const program = hereShell().start(['cat']);
    const line = new Promise((resolve) => program.onLine(resolve));
    program.write('hello');
    expect(await line).toBe('hello');
    await program.stop();
    expect(await program.ended).toBe('');
  });
});
