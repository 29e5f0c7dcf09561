import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type CountSource, countersOf, DeviceMeter, HelperCounts, ProcessCounts } from './device-counts.ts';
import type { Helper } from './helper.ts';

const HEAD = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     900       9    0    0    0     0          0         0      900       9    0    0    0     0       0          0
`;
const eth0 = (received: readonly [number, number], sent: readonly [number, number]): string =>
  `${HEAD}  eth0: ${received.join(' ')} 0 0 0 0 0 0 ${sent.join(' ')} 0 0 0 0 0 0\n`;

/** Says these texts one after the other, then nothing. */
class Script implements CountSource {
  closed = false;
  readonly #texts: string[];

  constructor(...texts: string[]) {
    this.#texts = texts;
  }

  async read(): Promise<string | undefined> {
    return this.#texts.shift();
  }

  close(): void {
    this.closed = true;
  }
}

describe('what the kernel counts of a container', () => {
  it('is read of its device alone', () => {
    expect(countersOf(eth0([5000, 50], [3000, 30]), 'eth0')).toEqual({
      sent: { packets: 30, bytes: 3000 },
      received: { packets: 50, bytes: 5000 },
    });
    expect(countersOf(HEAD, 'eth0')).toBeUndefined();
    const ipv6 =
      'Ip6InReceives   \t10\nIp6InDiscards   \t10\nIp6OutRequests \t2\nIp6InOctets \t700\nIp6OutOctets \t100\n';
    expect(countersOf(`${eth0([5000, 50], [3000, 30])}${ipv6}`, 'eth0')).toEqual({
      sent: { packets: 28, bytes: 3000 - 100 - 2 * 14 },
      received: { packets: 40, bytes: 5000 - 700 - 10 * 14 },
    });
    expect(countersOf(`${HEAD} eth0: 12 1\n`, 'eth0')).toBeUndefined();
    expect(countersOf('', 'eth0')).toBeUndefined();
  });

  it('is added up over boots, less what was counted before each, and the last count of a device stands', async () => {
    const meter = new DeviceMeter('eth0');
    await meter.update();
    expect(meter.total.sent.packets).toBe(0);
    const first = new Script(eth0([100, 1], [0, 0]), eth0([1100, 11], [500, 5]), HEAD);
    await meter.begin(first);
    expect(meter.total).toEqual({ sent: { packets: 0, bytes: 0 }, received: { packets: 0, bytes: 0 } });
    await meter.update();
    await meter.update();
    await meter.update();
    expect(meter.total).toEqual({ sent: { packets: 5, bytes: 500 }, received: { packets: 10, bytes: 1000 } });
    meter.end();
    expect(first.closed).toBe(true);
    await meter.begin(new Script(eth0([40, 2], [60, 3]), eth0([50, 3], [90, 7])));
    await meter.update();
    meter.end();
    expect(meter.total).toEqual({ sent: { packets: 9, bytes: 530 }, received: { packets: 11, bytes: 1010 } });
  });

  it('takes nothing from a boot that has ended while it was asked', async () => {
    const meter = new DeviceMeter('eth0');
    await meter.begin(new Script(eth0([0, 0], [0, 0]), eth0([900, 9], [900, 9])));
    const late = meter.update();
    meter.end();
    await late;
    expect(meter.total.sent.packets).toBe(0);
  });

  it('is what a helper answers, and nothing once that has gone', async () => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    stdin.on('data', () => stdout.write(`${JSON.stringify(HEAD)}\n`));
    const counts = new HelperCounts({ stdin, stdout } as Partial<Helper> as Helper);
    expect(await counts.read()).toBe(HEAD);
    stdin.removeAllListeners('data');
    const asked = counts.read();
    stdout.end();
    expect(await asked).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is that of the process, read anew each time', async () => {
    const counts = new ProcessCounts(process.pid);
    for (let read = 0; read < 2; read++) expect(await counts.read()).toContain('lo:');
    counts.close();
    expect(await counts.read()).toBeUndefined();
    expect(await new ProcessCounts(2 ** 30).read()).toBeUndefined();
  });
});
