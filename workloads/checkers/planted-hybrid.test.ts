/** The checkers against real runs of adaptive push-pull in the simulator: one flaw each, and the correct protocol beside it. */
import { describe, expect, it } from 'vitest';
import { type FaultFlags, planOf, propertyOf, runOnSim } from '../../harness/proof/test-scenario.ts';
import { hybrid } from '../../impl/hybrid/hybrid.ts';
import { hybridDeliversTwice, hybridHidesBroadcasts, hybridNeverPulls } from '../../impl/hybrid/planted-bugs.ts';
import type { AnyProtocol } from '../../impl/protocol.ts';

const CUT: FaultFlags = { partition: true, loss: '0.1' };

interface Planted {
  readonly bug: AnyProtocol;
  readonly faults: FaultFlags;
  readonly convicted: readonly string[];
}

const PLANTED: readonly Planted[] = [
  { bug: hybridNeverPulls, faults: CUT, convicted: ['convergence', 'lost-writes'] },
  { bug: hybridDeliversTwice, faults: {}, convicted: ['delivery'] },
  { bug: hybridHidesBroadcasts, faults: {}, convicted: ['coverage', 'convergence'] },
];

describe.each(PLANTED)('$bug.name, with $faults', ({ bug, faults, convicted }) => {
  it.each(['a', 'b', 'c'])(
    `is convicted of ${convicted.join(' and ')}, seed %s; the correct one of nothing`,
    (seed) => {
      const plan = planOf(`hybrid ${seed}`, faults, { protocols: ['hybrid'] });
      const { properties } = runOnSim(plan, { swap: { hybrid: bug } });
      for (const name of convicted) {
        const { verdict, witness, beyondClaims } = propertyOf(properties, name);
        expect([name, verdict, beyondClaims]).toEqual([name, 'invalid', undefined]);
        expect(witness?.summary).toMatch(/\bn\d\b/);
      }
      const control = runOnSim(plan, { swap: { hybrid } }).properties;
      expect(control.filter(({ verdict }) => verdict === 'invalid' || verdict === 'unknown')).toEqual([]);
      for (const name of convicted) expect(propertyOf(control, name).verdict).toBe('valid');
    },
  );
});

describe.each(['register', 'broadcast'])('driven by %s alone', (workload) => {
  it('is judged for it, and for nothing else', () => {
    const plan = planOf('one workload', CUT, { protocols: ['hybrid'], workloads: [workload] });
    const verdicts = new Map(runOnSim(plan).properties.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts.get('convergence')).toBe('valid');
    expect(verdicts.get('lost-writes')).toBe(workload === 'register' ? 'valid' : 'not-applicable');
    expect(verdicts.get('delivery')).toBe(workload === 'broadcast' ? 'valid' : 'not-applicable');
  });
});

it('runs beside membership, which feeds its peers', () => {
  for (const seed of ['a', 'b']) {
    const plan = planOf(seed, { ...CUT, kill: true }, { protocols: ['swim', 'hybrid'] });
    const { properties } = runOnSim(plan);
    expect(properties.filter(({ verdict }) => verdict === 'invalid' || verdict === 'unknown')).toEqual([]);
  }
});

it('never changes a message that it has sent', () => {
  const plan = planOf('codec', CUT, { protocols: ['hybrid'] });
  expect(runOnSim(plan, { codec: true }).hash).toBe(runOnSim(plan).hash);
});
