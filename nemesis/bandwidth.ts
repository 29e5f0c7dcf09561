/** Narrows every directed link to a rate; datagrams queue, and those that would wait too long are dropped. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { parseBandwidth } from '../harness/model/units.ts';
import { perWindow, singleArgument } from './link-argument.ts';

interface BandwidthArgument {
  readonly bitsPerSecond: number;
}

/** What a small router buffers: long enough to delay, too short to hide a link that is too narrow. */
const QUEUE_MS = 200;

export const bandwidth: Nemesis = {
  type: 'bandwidth',
  flag: '--bandwidth <rate>',
  doc: `narrows each directed link to this rate, with a queue of ${QUEUE_MS} ms: 64kbit or 1mbit (kbps: bytes)`,
  colour: '#7f8c8d',
  family: 'link',
  heal: 'the links are as wide as before',
  parse: (text): BandwidthArgument => ({
    bitsPerSecond: parseBandwidth(singleArgument(text, '--bandwidth', '--bandwidth 1mbit'), '--bandwidth'),
  }),
  plan: (argument: BandwidthArgument, context) =>
    perWindow(context, () => ({ type: 'bandwidth' as const, links: 'all' as const, ...argument, queueMs: QUEUE_MS })),
  draw: (random): BandwidthArgument => ({ bitsPerSecond: 256_000 * (1 + random.int(16)) }),
};
