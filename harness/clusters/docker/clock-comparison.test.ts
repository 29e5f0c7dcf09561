/** Whatever the ways to another machine and back take, its clock is within what is said of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClockReading, compareClocks } from './clock-comparison.ts';
import { EngineClocks } from './engine-clocks.ts';

/** Two machines: the other one is ahead, and each round trip takes so long there and back, µs. */
function machines(aheadNs: bigint, trips: readonly (readonly [number, number])[]) {
  let now = 5_000_000_000n;
  let trip = 0;
  return {
    here: (): ClockReading => ({ monotonicNs: now, wallMs: Number(now) / 1e6 }),
    there: async (): Promise<ClockReading> => {
      const [out = 0, back = 0] = trips[trip++ % trips.length] ?? [];
      now += BigInt(out) * 1000n;
      const reading = { monotonicNs: now + aheadNs, wallMs: Number(now + aheadNs) / 1e6 };
      now += BigInt(back) * 1000n;
      return reading;
    },
  };
}

test('the error is never larger than the uncertainty, which is half of the shortest round trip', async () => {
  const ways = fc.tuple(fc.nat(200_000), fc.nat(200_000));
  await fc.assert(
    fc.asyncProperty(
      fc.bigInt(-(10n ** 15n), 10n ** 15n),
      fc.array(ways, { minLength: 1, maxLength: 20 }),
      async (ahead, trips) => {
        const { here, there } = machines(ahead, trips);
        const found = await compareClocks(there, here, trips.length);
        const errorMs = Math.abs(Number(found.monotonicNs - ahead)) / 1e6;
        expect(errorMs).toBeLessThanOrEqual(found.uncertaintyMs + 1e-6);
        expect(found.uncertaintyMs).toBeCloseTo(Math.min(...trips.map(([out, back]) => out + back)) / 2000, 6);
      },
    ),
  );
});

test('a clock that runs at another pace shows at the end, and members stay with what was found first', async () => {
  const found = [1_000_000n, 1_700_000n].map((monotonicNs) => ({ monotonicNs, wallMs: 1, uncertaintyMs: 0.2 }));
  const compare = async () => found.shift() ?? Promise.reject(new Error('it has ended'));
  const clocks = await EngineClocks.start([{ host: 'a', members: ['n1'], compare }]);
  expect(clocks.latest).toEqual([{ host: 'a', members: ['n1'], errorMs: 0, uncertaintyMs: 0.2 }]);
  await clocks.compare();
  expect(clocks.latest[0]).toMatchObject({ errorMs: 0.7 });
  expect(clocks.aheadOf('n1').monotonicNs).toBe(1_000_000n);
  // One that does not answer any more keeps what was found.
  await clocks.compare();
  expect(clocks.latest[0]).toMatchObject({ errorMs: 0.7 });
});
