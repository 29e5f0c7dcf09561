import { describe, expect, it } from 'vitest';
import { DeliveryQueue } from './delivery-queue.ts';
import { type FloodResult, type FloodSpec, flood } from './event-flood.ts';
import { FastRandom } from './fast-random.ts';
import { simulateFloods } from './floods.ts';
import { drawOverlay, type Overlay } from './overlay.ts';

type Event = readonly [timeNs: number, member: number, first: boolean];

/** The same flood by the plainest means: objects in a binary heap, ordered by time and then by order of sending. */
function plainFlood(overlay: Overlay, spec: FloodSpec, random: FastRandom): { events: Event[]; sends: number } {
  interface Message {
    readonly timeNs: number;
    readonly sequence: number;
    readonly to: number;
  }
  const heap: Message[] = [];
  const earlier = (a: Message, b: Message): boolean =>
    a.timeNs < b.timeNs || (a.timeNs === b.timeNs && a.sequence < b.sequence);
  const at = (index: number): Message => heap[index] as Message;
  const swap = (a: number, b: number): void => {
    const held = at(a);
    heap[a] = at(b);
    heap[b] = held;
  };
  const push = (message: Message): void => {
    heap.push(message);
    for (let i = heap.length - 1; i > 0 && earlier(at(i), at((i - 1) >> 1)); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
  };
  const pop = (): Message => {
    swap(0, heap.length - 1);
    const top = heap.pop() as Message;
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && earlier(at(child), at(least))) least = child;
      }
      if (least === i) return top;
      swap(i, least);
      i = least;
    }
  };
  const [least, most] = spec.delayMs.map((ms) => Math.round(ms * 1e6)) as [number, number];
  const knows = new Set<number>();
  const events: Event[] = [];
  let sends = 0;
  let sequence = 0;
  const hear = (member: number, timeNs: number): void => {
    knows.add(member);
    for (const to of overlay.targets.subarray(member * overlay.degree, (member + 1) * overlay.degree)) {
      sends++;
      if (spec.loss > 0 && random.next() < spec.loss) continue;
      push({ timeNs: timeNs + least + Math.floor(random.next() * (most - least)), sequence: sequence++, to });
    }
  };
  hear(random.int(overlay.n), 0);
  while (heap.length > 0) {
    const { timeNs, to } = pop();
    const first = !knows.has(to);
    events.push([timeNs, to, first]);
    if (first) hear(to, timeNs);
  }
  return { events, sends };
}

function observed(overlay: Overlay, spec: FloodSpec, random: FastRandom): { events: Event[]; result: FloodResult } {
  const events: Event[] = [];
  const result = flood(overlay, spec, random, (timeNs, member, first) => events.push([timeNs, member, first]));
  return { events, result };
}

describe('a flood, event by event', () => {
  it.each([
    [2, 1, 0, [10, 10]],
    [50, 3, 0.1, [10, 100]],
    [300, 10, 0.1, [10, 100]],
    [2000, 5, 0, [1, 60_000]],
    // Every message takes as long: many arrive at the same ns, and the order of sending decides.
    [500, 4, 0.3, [5, 5]],
    [500, 4, 0.3, [5, 5.00001]],
    // Slots as long as the least delay.
    [500, 6, 0.2, [1, 2]],
  ] as const)(
    '%i members, out-degree %i, loss %d, %j ms: as the plain heap does, event for event',
    (n, degree, loss, delayMs) => {
      for (let run = 0; run < 3; run++) {
        const overlay = drawOverlay(n, degree, new FastRandom('overlay', run));
        const spec = { loss, delayMs };
        const { events, result } = observed(overlay, spec, new FastRandom('run', run));
        const plain = plainFlood(overlay, spec, new FastRandom('run', run));
        expect(events).toEqual(plain.events);
        const firsts = events.filter(([, , first]) => first);
        expect(result.sends).toBe(plain.sends);
        expect(result.arrivals).toBe(events.length);
        expect(result.known).toBe(1 + firsts.length);
        expect(result.lastArrivalMs).toBe((firsts.at(-1)?.[0] ?? 0) / 1e6);
        expect(result.knownByMs[0]).toBe(1);
        expect(result.knownByMs.at(-1)).toBe(result.known);
        const after40 = 1 + firsts.filter(([timeNs]) => timeNs < 41e6).length;
        expect(result.knownByMs[41] ?? result.known).toBe(after40);
      }
    },
  );

  it('is in order of time, and each arrives when its delay allows', () => {
    const overlay = drawOverlay(1000, 10, new FastRandom('o'));
    const { events } = observed(overlay, { loss: 0.1, delayMs: [10, 100] }, new FastRandom('r'));
    const times = events.map(([timeNs]) => timeNs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(10e6);
  });

  it('same seed, same outcome; another seed, another', () => {
    const request = { n: 2000, outDegree: 8, loss: 0.1, delayMs: [10, 100], runs: 4, seed: 'a' } as const;
    expect(simulateFloods(request)).toEqual(simulateFloods(request));
    expect(simulateFloods(request).summary).not.toEqual(simulateFloods({ ...request, seed: 'b' }).summary);
  });

  it('reaches what theory says: out-degree 10 under 10 % loss 1 - e^-9 within 0.01 %', () => {
    const request = { n: 100_000, outDegree: 10, loss: 0.1, delayMs: [10, 100], runs: 2, seed: 'theory' } as const;
    const { summary } = simulateFloods(request);
    const reached = 1 - (summary.residue.mean ?? Number.NaN);
    expect(Math.abs(reached - (1 - Math.exp(-9)))).toBeLessThan(1e-4);
    expect(summary.residueTheory).toBeCloseTo(1.2355e-4, 7);
    expect(summary.traffic.mean).toBeCloseTo(10 * reached, 9);
  });

  it.each([
    [3, 0.2],
    [2, 0],
    [5, 0.5],
  ])('reaches what theory says where many are missed: out-degree %i, loss %d', (outDegree, loss) => {
    const { summary } = simulateFloods({ n: 20_000, outDegree, loss, delayMs: [10, 100], runs: 10, seed: 'few' });
    const residue = summary.residue.mean ?? Number.NaN;
    // None of these floods died out at once, which one in some dozens does.
    expect(summary.residue.sd).toBeLessThan(0.05);
    expect(Math.abs(residue / summary.residueTheory - 1)).toBeLessThan(0.03);
    expect(summary.coverage.at(-1)?.mean).toBeCloseTo(1 - residue, 12);
  });
});

describe('an overlay', () => {
  it('gives every member distinct targets, itself not among them, drawn evenly', () => {
    const { n, degree, targets } = drawOverlay(400, 10, new FastRandom('overlay'));
    const inDegree = new Int32Array(n);
    for (let member = 0; member < n; member++) {
      const mine = [...targets.subarray(member * degree, (member + 1) * degree)];
      expect(new Set(mine).size).toBe(degree);
      expect(mine).not.toContain(member);
      for (const target of mine) inDegree[target] = (inDegree[target] ?? 0) + 1;
    }
    const squares = inDegree.reduce((sum, seen) => sum + (seen - degree) ** 2 / degree, 0);
    // Nearly Poisson: chi-square with n - 1 degrees of freedom, five standard deviations.
    expect(Math.abs(squares - (n - 1))).toBeLessThan(5 * Math.sqrt(2 * (n - 1)));
  });

  it('of too few members has all of them as targets', () => {
    expect([...drawOverlay(3, 10, new FastRandom('x')).targets]).toHaveLength(6);
  });
});

describe('the queue of deliveries', () => {
  it('is empty when all is out, and takes more afterwards', () => {
    const queue = new DeliveryQueue(1000, 10_000);
    expect(queue.next()).toBe(false);
    queue.push(5000, 7);
    queue.push(5000, 8);
    queue.push(1000, 9);
    expect(queue.size).toBe(3);
    const out: (readonly number[])[] = [];
    while (queue.next()) out.push([queue.timeNs, queue.member]);
    expect(out).toEqual([
      [1000, 9],
      [5000, 7],
      [5000, 8],
    ]);
    queue.push(15_000, 1);
    expect([queue.next(), queue.timeNs, queue.next()]).toEqual([true, 15_000, false]);
  });
});
