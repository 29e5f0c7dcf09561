/**
 * Faults on links, made by this machine's kernel and measured with real datagrams. The same tests serve every kernel:
 * where it has netem, netem is what is measured; where it has not, nft and the relay are.
 *
 * Shares are held against intervals that correct code leaves less than once in a million runs (z = 5).
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LinkFault, PlannedFault } from '../../harness/model/fault.ts';
import type { LinkMeasure } from './calibrate.ts';
import { type KernelCapabilities, probeKernel } from './capabilities.ts';
import { shareOf } from './intervals.ts';
import { planLinkRules } from './link-rule.ts';
import { MEASURED, standing, TestWorld, testNetwork } from './test-context.ts';
import { unsupported } from './unsupported.ts';

const Z = 5;
const kind = await standing();
const capabilities = await probeKernel();
const PARTS = [...capabilities.parts].join(' ');
const WINDOW = { atMs: 0, untilMs: 1 } as const;
/** The link that faults act on, its way back, and one that ends where it ends. */
const SOME = [
  { from: 'n1', to: 'n2' },
  { from: 'n2', to: 'n1' },
  { from: 'n3', to: 'n2' },
];
const ONE_WAY = [{ from: ['n1'], to: ['n2'] }];

const SERVER = `
const server = require('node:net').createServer((socket) => socket.end()).listen(7000, process.argv[1], () => console.log('up'));
process.stdin.resume().on('end', () => process.exit());`;
const CLIENT = `
const socket = require('node:net').connect(7000, process.argv[1]);
const end = (said) => { console.log(said); process.exit(); };
socket.on('connect', () => end('connected')).on('error', (error) => end(error.message));
setTimeout(() => end('nothing'), 3000);`;

/** Skips, and says so, where this kernel cannot make the fault. */
function offered(context: { skip: (note?: string) => void }, faults: readonly PlannedFault[]): void {
  const [missing] = unsupported(faults, capabilities, { faketime: undefined, ownClocks: true, relay: true });
  if (missing === undefined) return;
  console.warn(`SKIPPED: ${missing.type}: ${missing.reason}; ${missing.mend}`);
  context.skip(missing.reason);
}

function within(count: number, of: number, asked: number, inflation = 1): void {
  expect(of, 'datagrams').toBeGreaterThan(0);
  const share = shareOf(count, of, Z, inflation);
  expect(share.low, `${count} of ${of}`).toBeLessThanOrEqual(asked);
  expect(share.high, `${count} of ${of}`).toBeGreaterThanOrEqual(asked);
}

/** The relay's ports are whichever were free, and nft lists by port. */
function withoutPorts(state: string): string {
  return state.replace(/elements = \{([^}]*)\}/g, (_, elements: string) =>
    elements
      .replace(/\b\d{5}\b/g, 'port')
      .split(',')
      .map((element) => element.trim())
      .sort()
      .join(', '),
  );
}

/** Of a link that lets 1 mbit through, and queues for 100 ms; what the machine itself adds shows on the way back. */
function isFull(there: LinkMeasure, back: LinkMeasure): boolean {
  return there.bitsPerSecond > 950_000 && there.delay.p50Ms > 80 && there.delay.p50Ms - back.delay.p50Ms < 130;
}

function whole(measure: LinkMeasure): void {
  expect(measure.sent).toBeGreaterThan(0);
  expect(measure).toMatchObject({
    received: measure.sent,
    lost: { count: 0 },
    duplicated: { count: 0 },
    reordered: { count: 0 },
    damaged: { count: 0 },
  });
}

describe.skipIf(kind === undefined)(`faults of this kernel (${kind}, ${PARTS})`, MEASURED, () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await TestWorld.create(kind ?? 'root', capabilities);
  });
  afterEach(async () => {
    await world.apply([]);
  });
  afterAll(async () => {
    await world?.close();
  });

  const set = (faults: readonly LinkFault[]): Promise<void> => world.apply(planLinkRules(faults, world.links));

  /**
   * `there` is the link that faults act on; what the machine itself adds to each delay shows on its way back and `beside`
   * it, on the link that ends where it ends: `lateMs`, the larger of their medians. A machine that adds more than that is
   * asked more slowly, up to three times, and the least late measurement counts.
   */
  async function leastLate(quietMs: number) {
    let best: { there: LinkMeasure; back: LinkMeasure; beside: LinkMeasure; lateMs: number } | undefined;
    for (const everyMs of [2, 4, 8]) {
      const of = await world.measure({ datagrams: 1000, everyMs, links: SOME });
      const [there, back, beside] = [of('n1', 'n2'), of('n2', 'n1'), of('n3', 'n2')];
      const lateMs = Math.max(back.delay.p50Ms, beside.delay.p50Ms);
      if (best === undefined || lateMs < best.lateMs) best = { there, back, beside, lateMs };
      if (lateMs < quietMs) break;
      console.log(`this machine adds ${lateMs.toFixed(2)} ms by itself, where one datagram is sent each ${everyMs} ms`);
    }
    if (best === undefined) throw new Error('nothing was measured');
    return best;
  }

  it('leaves links alone while nothing is in force', async () => {
    const of = await world.measure({ datagrams: 500 });
    for (const [from, to] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
      ['n3', 'n1'],
    ] as const)
      whole(of(from, to));
  });

  it('cuts one way only, streams too', async (context) => {
    const faults: LinkFault[] = [{ type: 'partition', id: 'p', ...WINDOW, shape: 'one-way', cuts: ONE_WAY }];
    offered(context, faults);
    await set(faults);
    const of = await world.measure({ datagrams: 300 });
    expect(of('n1', 'n2').sent).toBeGreaterThan(0);
    expect(of('n1', 'n2').received).toBe(0);
    whole(of('n2', 'n1'));
    whole(of('n1', 'n3'));
    await set([]);
    whole((await world.measure({ datagrams: 300 }))('n1', 'n2'));
  });

  it('stops streams by a cut, and by nothing else', async (context) => {
    const [first, second] = world.members;
    if (first === undefined || second === undefined) throw new Error('no members');
    const cut: LinkFault = { type: 'partition', id: 'p', ...WINDOW, shape: 'one-way', cuts: ONE_WAY };
    const lossy: LinkFault = { type: 'loss', id: 'l', ...WINDOW, links: 'all', probability: 1 };
    offered(context, [cut, lossy]);
    const server = second.shell.start([process.execPath, '-e', SERVER, second.member.address]);
    try {
      await new Promise<void>((resolve) => server.onLine(() => resolve()));
      const connect = (): Promise<string> =>
        first.shell.run([process.execPath, '-e', CLIENT, second.member.address], '');
      expect(await connect()).toBe('connected');
      await set([lossy]);
      expect(await connect()).toBe('connected');
      await set([cut]);
      expect(await connect()).toBe('nothing');
      await set([]);
      expect(await connect()).toBe('connected');
    } finally {
      await server.stop();
    }
  });

  it.for([0.01, 0.1, 0.3])('loses a share of %d, one way only', async (probability, context) => {
    const faults: LinkFault[] = [{ type: 'loss', id: 'l', ...WINDOW, links: ONE_WAY, probability }];
    offered(context, faults);
    await set(faults);
    const of = await world.measure({ datagrams: 4000, everyMs: 0.5, links: SOME });
    within(of('n1', 'n2').lost.count, of('n1', 'n2').sent, probability);
    whole(of('n2', 'n1'));
    whole(of('n3', 'n2'));
  });

  it('loses in bursts', async (context) => {
    const faults: LinkFault[] = [{ type: 'loss', id: 'l', ...WINDOW, links: ONE_WAY, probability: 0.2, burst: 5 }];
    offered(context, faults);
    await set(faults);
    const of = await world.measure({ datagrams: 6000, everyMs: 0.5, links: SOME });
    within(of('n1', 'n2').lost.count, of('n1', 'n2').sent, 0.2, 9);
    whole(of('n2', 'n1'));
  });

  it('copies 5 %, one way only', async (context) => {
    const faults: LinkFault[] = [{ type: 'duplicate', id: 'd', ...WINDOW, links: ONE_WAY, probability: 0.05 }];
    offered(context, faults);
    await set(faults);
    const of = await world.measure({ datagrams: 4000, everyMs: 0.5, links: SOME });
    expect(of('n1', 'n2').lost.count).toBe(0);
    within(of('n1', 'n2').duplicated.count, of('n1', 'n2').received, 0.05);
    whole(of('n2', 'n1'));
  });

  it('copies only what was not lost', async (context) => {
    const faults: LinkFault[] = [
      { type: 'duplicate', id: 'd', ...WINDOW, links: ONE_WAY, probability: 0.2 },
      { type: 'loss', id: 'l', ...WINDOW, links: ONE_WAY, probability: 0.3 },
    ];
    offered(context, faults);
    await set(faults);
    const of = await world.measure({ datagrams: 4000, everyMs: 0.5, links: SOME });
    within(of('n1', 'n2').lost.count, of('n1', 'n2').sent, 0.3);
    within(of('n1', 'n2').duplicated.count, of('n1', 'n2').received, 0.2);
  });

  it.for([
    [20, 5],
    [100, 20],
  ] as const)('delays by %d ms, give or take %d ms, one way only', async ([delayMs, jitterMs], context) => {
    const faults: LinkFault[] = [{ type: 'delay', id: 'd', ...WINDOW, links: ONE_WAY, delayMs, jitterMs }];
    offered(context, faults);
    await set(faults);
    const quietMs = jitterMs / 4;
    const { there, back, beside, lateMs } = await leastLate(quietMs);
    if (lateMs >= 2 * quietMs) {
      // Either the fault is on other links too, or the machine is that late with no fault at all.
      await set([]);
      const alone = await leastLate(quietMs);
      if (alone.lateMs >= 2 * quietMs) {
        const late = `this machine adds ${alone.lateMs.toFixed(1)} ms by itself`;
        console.warn(`SKIPPED: a delay of ${delayMs} ms: ${late}`);
        context.skip(late);
      }
    }
    expect(there.lost.count).toBe(0);
    whole(back);
    whole(beside);
    // A busy machine can only be late: what is early, and the earliest of a thousand, show where the range lies.
    expect(there.delay.minMs).toBeGreaterThan(delayMs - jitterMs - 1);
    expect(there.delay.minMs - beside.delay.minMs).toBeLessThan(delayMs - jitterMs / 2);
    expect(there.delay.p50Ms - there.delay.minMs).toBeGreaterThan(jitterMs * 0.8);
    expect(there.delay.p99Ms).toBeGreaterThan(delayMs + jitterMs * 0.9);
    // By how much a machine is late shows where nothing is delayed.
    expect(there.delay.p50Ms - lateMs).toBeLessThan(delayMs + jitterMs);
    for (const { delay } of [back, beside]) expect(delay.minMs).toBeLessThan(delayMs - jitterMs);
  });

  it('keeps the order under a delay without jitter', async (context) => {
    const faults: LinkFault[] = [{ type: 'delay', id: 'd', ...WINDOW, links: ONE_WAY, delayMs: 15, jitterMs: 0 }];
    offered(context, faults);
    await set(faults);
    const there = (await world.measure({ datagrams: 2000, links: SOME }))('n1', 'n2');
    whole(there);
    expect(there.delay.minMs).toBeGreaterThan(14);
  });

  it('holds 25 % back, so that others overtake them', async (context) => {
    const faults: LinkFault[] = [
      { type: 'reorder', id: 'r', ...WINDOW, links: ONE_WAY, probability: 0.25, holdMs: 30 },
    ];
    offered(context, faults);
    await set(faults);
    const of = await world.measure({ datagrams: 3000, links: SOME });
    expect(of('n1', 'n2').lost.count).toBe(0);
    within(of('n1', 'n2').reordered.count, of('n1', 'n2').received, 0.25);
    whole(of('n2', 'n1'));
  });

  it('damages 10 %, which arrive as lost', async (context) => {
    const faults: LinkFault[] = [{ type: 'corrupt', id: 'c', ...WINDOW, links: ONE_WAY, probability: 0.1 }];
    offered(context, faults);
    await set(faults);
    const there = (await world.measure({ datagrams: 3000, links: SOME }))('n1', 'n2');
    expect(there.lost.count).toBe(there.sent - there.received);
    within(there.lost.count, there.sent, 0.1);
    // What netem damages, the receiver's kernel swallows; what the relay damages, the receiver sees.
    if (capabilities.parts.has('rewrite')) expect(there.received + there.damaged.count).toBe(there.sent);
    else expect(there.damaged.count).toBe(0);
  });

  it('lets 1 mbit through, and queues no more than it may', async (context) => {
    const faults: LinkFault[] = [
      { type: 'bandwidth', id: 'b', ...WINDOW, links: ONE_WAY, bitsPerSecond: 1_000_000, queueMs: 100 },
    ];
    offered(context, faults);
    await set(faults);
    // 1042 bytes every two ms are 4.2 mbit.
    const links = [...SOME, { from: 'n1', to: 'n3' }];
    // A sender that has to stand still leaves the link idle, so the fullest of three measures counts; none may be more.
    let last: string | undefined;
    let full = false;
    for (let tries = 0; tries < 3 && !full; tries++) {
      const of = await world.measure({ datagrams: 2500, everyMs: 2, payloadBytes: 1000, links });
      const [there, back] = [of('n1', 'n2'), of('n2', 'n1')];
      expect(there.bitsPerSecond).toBeLessThan(1_050_000);
      whole(back);
      whole(of('n1', 'n3'));
      full = isFull(there, back);
      last = JSON.stringify({ there, back });
    }
    expect(full, last).toBe(true);
  });

  it('loses nothing because a fault begins, changes or ends', async (context) => {
    const delay = (delayMs: number): LinkFault => ({
      type: 'delay',
      id: `d${delayMs}`,
      ...WINDOW,
      links: 'all',
      delayMs,
      jitterMs: 0,
    });
    offered(context, [delay(1)]);
    const measured = world.measure({ datagrams: 3000 });
    const turns = [[delay(50)], [delay(50), delay(20)], [delay(5)], []];
    for (const faults of turns) {
      await set(faults);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const of = await measured;
    for (const [from, to] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
      ['n3', 'n2'],
    ] as const) {
      expect(of(from, to).sent).toBeGreaterThan(0);
      expect(of(from, to).lost.count).toBe(0);
      expect(of(from, to).duplicated.count).toBe(0);
    }
    expect(of('n1', 'n2').delay.maxMs).toBeGreaterThan(50);
  });

  it('applied twice is applied once; removed, nothing of it is left; what is foreign stays', { retry: 0 }, async () => {
    const [first] = world.members;
    if (first === undefined) throw new Error('no member');
    const nft = capabilities.parts.has('nft');
    if (nft)
      await first.shell.run(
        ['nft', '-f', '-'],
        'table ip foreign {\n chain c {\n type filter hook input priority 0;\n ip saddr 198.18.9.9 drop\n }\n}\n',
      );
    await first.shell.run(['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'handle', '77:', 'htb'], '');
    await first.network.close();
    const before = await world.state(first);
    const rules = planLinkRules(
      [
        { type: 'partition', id: 'p', ...WINDOW, shape: 'one-way', cuts: [{ from: ['n3'], to: ['n1'] }] },
        { type: 'bandwidth', id: 'b', ...WINDOW, links: 'all', bitsPerSecond: 1e6, queueMs: 50 },
        { type: 'delay', id: 'd', ...WINDOW, links: 'all', delayMs: 5, jitterMs: 0 },
      ],
      world.links,
    );
    await first.network.apply(rules);
    const once = await world.state(first);
    expect(once).not.toBe(before);
    expect(once).toContain(nft ? 'table ip hearsay' : 'htb 4ea5:');
    await first.network.apply(rules);
    expect(await world.state(first)).toBe(once);
    // One that knows nothing of what is there comes to the same, as after a controller's death.
    await first.network.abandon();
    const second = testNetwork(first.member, world.links, first.shell, capabilities);
    await second.apply(rules);
    expect(withoutPorts(await world.state(first))).toBe(withoutPorts(once));
    await second.close();
    expect(await world.state(first)).toBe(before);
    await second.close();
    expect(await world.state(first)).toBe(before);
    // A new namespace knows nothing of the rules: they come with the member.
    await first.network.restarted(first.shell);
    expect(withoutPorts(await world.state(first))).toBe(withoutPorts(once));
    await first.network.close();
    expect(await world.state(first)).toBe(before);
  });

  it('refuses a root qdisc of somebody else, and leaves it alone', { retry: 0 }, async (context) => {
    const last = world.members[2];
    if (last === undefined) throw new Error('no member');
    const faults: LinkFault[] = [
      { type: 'bandwidth', id: 'b', ...WINDOW, links: 'all', bitsPerSecond: 1e6, queueMs: 50 },
    ];
    offered(context, faults);
    await last.network.close();
    await last.shell.run(['tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'handle', '77:', 'htb'], '');
    const before = await world.state(last);
    await expect(last.network.apply(planLinkRules(faults, world.links))).rejects.toThrow(/tc -batch -: .*/);
    await last.network.close();
    expect(await world.state(last)).toBe(before);
    await last.shell.run(['tc', 'qdisc', 'del', 'dev', 'eth0', 'root', 'handle', '77:'], '');
  });
});

// Without root there is nothing more to show: the tests above ran in a user namespace.
it.skipIf(kind === undefined || process.getuid?.() !== 0)(
  'works the same for root, without a user namespace',
  async () => {
    const world = await TestWorld.create('root', capabilities, ['n1', 'n2']);
    try {
      await world.apply(
        planLinkRules([{ type: 'partition', id: 'p', ...WINDOW, shape: 'one-way', cuts: ONE_WAY }], world.links),
      );
      const of = await world.measure({ datagrams: 200 });
      expect(of('n1', 'n2').sent).toBeGreaterThan(0);
      expect(of('n1', 'n2').received).toBe(0);
      whole(of('n2', 'n1'));
    } finally {
      await world.close();
    }
  },
);

it.skipIf(kind === undefined)('tells what is missing on this kernel, by name', () => {
  const all: KernelCapabilities = capabilities;
  for (const part of all.reasons.keys()) expect(all.reasons.get(part)).not.toBe('');
  expect(all.parts.size + all.reasons.size).toBe(7);
});
