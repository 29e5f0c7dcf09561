import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeKernel } from '../../../nemesis/linux/capabilities.ts';
import { MEASURED, standing, TestWorld } from '../../../nemesis/linux/test-context.ts';
import { unsupported } from '../../../nemesis/linux/unsupported.ts';
import type { LinkFault } from '../../model/fault.ts';
import { KernelFaults } from './kernel-faults.ts';
import { programPath } from './program-path.ts';

const kind = await standing();
const capabilities = await probeKernel();
const base = { atMs: 0, untilMs: 1, links: 'all' } as const;
const FAULTS: readonly LinkFault[] = [
  { type: 'bandwidth', id: 'rate', bitsPerSecond: 1e6, queueMs: 100, ...base },
  { type: 'delay', id: 'delay', delayMs: 40, jitterMs: 0, ...base },
];
const [MISSING] = unsupported(FAULTS, capabilities, { faketime: undefined, ownClocks: true, relay: true });
if (MISSING !== undefined) console.error(`SKIPPED: faults of the kernel: ${MISSING.reason}; ${MISSING.mend}`);

describe.skipIf(kind === undefined || MISSING !== undefined)('faults of the kernel', MEASURED, () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await TestWorld.create(kind ?? 'root', capabilities, ['n1', 'n2']);
  });
  afterAll(async () => {
    await world?.close();
  });

  it.for([true, false])('act after a calibration and a first boot as if there had been none (%s)', async (kept) => {
    const faults = new KernelFaults({
      members: world.members.map(({ member, shell }) => ({
        link: member,
        device: 'eth0',
        shell: () => shell,
        clockFile: undefined,
      })),
      capabilities,
      seed: 'test',
      relayCommand: [process.execPath, programPath('relay.js')],
      keepsNamespace: kept,
      calibrated: FAULTS,
    });
    const failures: Error[] = [];
    faults.onFailure((error) => failures.push(error));
    try {
      for (const name of ['n1', 'n2']) faults.launching(name);
      const calibration = await faults.calibrate();
      expect(calibration?.faults.map(({ type, effect }) => `${type} ${effect}`)).toEqual([
        'bandwidth seen',
        'delay seen',
      ]);
      for (const name of ['n1', 'n2']) await faults.restarted(name, []);
      await faults.apply(FAULTS, 0);
      const there = (await world.measure({ datagrams: 200, everyMs: 2 }))('n1', 'n2');
      expect(there.delay.minMs).toBeGreaterThan(35);
      await faults.apply([], 0);
      expect((await world.measure({ datagrams: 200, everyMs: 2 }))('n1', 'n2').delay.minMs).toBeLessThan(35);
      expect(failures).toEqual([]);
    } finally {
      await faults.close();
    }
  });
});
