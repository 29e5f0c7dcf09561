import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../../harness/model/fault.ts';
import type { KernelCapabilities, KernelPart } from './capabilities.ts';
import { unavailable, unsupported } from './unsupported.ts';

const WINDOW = { atMs: 0, untilMs: 1, links: 'all' } as const;
const FAULTS: PlannedFault[] = [
  { type: 'partition', id: 'partition', atMs: 0, untilMs: 1, shape: 'halves', cuts: [] },
  { type: 'loss', id: 'loss', ...WINDOW, probability: 0.1 },
  { type: 'loss', id: 'burst', ...WINDOW, probability: 0.1, burst: 4 },
  { type: 'delay', id: 'delay', ...WINDOW, delayMs: 10, jitterMs: 0 },
  { type: 'duplicate', id: 'duplicate', ...WINDOW, probability: 0.1 },
  { type: 'reorder', id: 'reorder', ...WINDOW, probability: 0.1, holdMs: 10 },
  { type: 'corrupt', id: 'corrupt', ...WINDOW, probability: 0.1 },
  { type: 'bandwidth', id: 'bandwidth', ...WINDOW, bitsPerSecond: 1e6, queueMs: 100 },
  { type: 'clock-skew', id: 'clock', atMs: 0, untilMs: 1, targets: ['n1'], skewMs: 1 },
  { type: 'pause', id: 'pause', atMs: 0, untilMs: 1, targets: ['n1'] },
  { type: 'timer-drift', id: 'timer', atMs: 0, untilMs: 1, targets: ['n1'], factor: 2 },
];
const ALL: KernelPart[] = ['netem', 'htb', 'u32', 'nft', 'numgen', 'dup', 'rewrite'];
const kernel = (parts: readonly KernelPart[]): KernelCapabilities => ({
  parts: new Set(parts),
  reasons: new Map(ALL.filter((part) => !parts.includes(part)).map((part) => [part, `no ${part} here`])),
});
const refused = (parts: readonly KernelPart[], host: Partial<Parameters<typeof unsupported>[2]> = {}): string[] =>
  unsupported(FAULTS, kernel(parts), { faketime: '/lib.so', relay: true, ...host }).map(({ fault }) => fault);
const without = (...parts: KernelPart[]): KernelPart[] => ALL.filter((part) => !parts.includes(part));

describe('what cannot be made', () => {
  it('is nothing where everything is there, and nothing without netem where a relay can run', () => {
    expect(refused(ALL)).toEqual([]);
    expect(refused(without('netem'))).toEqual([]);
  });

  it('is what needs the relay, where none can run and there is no netem', () => {
    expect(refused(without('netem'), { relay: false })).toEqual(['burst', 'delay', 'reorder', 'corrupt']);
    expect(refused(ALL, { relay: false, corruptBy: 'netem' })).toEqual([]);
  });

  it('is everything on links where there is nothing at all, and nothing of what processes do', () => {
    expect(refused([], { faketime: undefined })).toEqual(FAULTS.slice(0, 9).map(({ id }) => id));
  });

  it('is no clock where members turn their own', () => {
    expect(refused(ALL, { faketime: undefined, ownClocks: true })).toEqual([]);
  });

  it('is told in one line, with what would bring it', () => {
    const missing = unsupported(FAULTS, kernel(without('htb')), { faketime: undefined, relay: true });
    expect(missing.map(({ type, reason }) => `${type}: ${reason}`)).toEqual([
      'bandwidth: htb: no htb here',
      'clock-skew: libfaketime is not installed',
    ]);
    const error = unavailable(missing);
    expect(error.exitCode).toBe(69);
    expect(error.message).toBe(
      'this machine cannot make the planned faults: bandwidth, clock-skew (htb: no htb here; libfaketime is not installed); load the kernel module sch_htb, with iproute2 installed; install libfaketime (Debian: apt-get install libfaketime)',
    );
  });

  it('asks for the least that would do', () => {
    const [burst] = unsupported(FAULTS.slice(2, 3), kernel(without('netem')), { faketime: undefined, relay: false });
    expect(burst?.mend).toMatch(/sch_netem/);
    expect(burst?.mend).not.toMatch(/;.*;/);
  });
});
