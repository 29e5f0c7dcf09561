/**
 * Whoever comes back without state while all its seeds stay away joins nobody, whatever a membership protocol does: such
 * plans are beyond its claims. Here the excuse is tried from both sides: it holds where it must, and a defect is convicted
 * in everything short of it, and of what it does not touch.
 */
import { describe, expect, it } from 'vitest';
import type { AnyProtocol, Context } from '../../impl/protocol.ts';
import { protocols } from '../../impl/registry.ts';
import { KNOWLEDGE } from '../cli/parts.ts';
import type { KillFault, LeaveFault } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import type { PropertyResult } from '../model/verdict.ts';
import { deadlineOf } from '../plan/make-plan.ts';
import { plantedBug } from './planted-bugs.ts';
import { planOf, propertyOf, runOnSim } from './test-scenario.ts';

/** Longer than any of them may take to join. */
const LONG_MS = 150_000;

function kill(id: string, targets: readonly string[], restart: KillFault['restart'], atMs: number, untilMs: number) {
  return { id, type: 'kill', targets, restart, atMs, untilMs } as const;
}

function leaveAndRejoin(id: string, targets: readonly string[], atMs: number, untilMs: number): LeaveFault {
  return { id, type: 'leave', targets, rejoin: true, atMs, untilMs };
}

const SEEDS_GO = kill('seeds', ['n1', 'n2', 'n3'], 'never', 6000, LONG_MS);
const IT_FORGETS = kill('own', ['n7'], 'without-state', 4000, 8000);

/** Seven members; n7 is killed and comes back, its seeds n1, n2 and n3 go. */
function planWith(protocol: string, faults: readonly (KillFault | LeaveFault)[]): Plan {
  const plan = { ...planOf(`stranded ${protocol}`, {}, { protocols: [protocol], timeMs: LONG_MS }), faults };
  return { ...plan, closing: { ...plan.closing, deadlineMs: deadlineOf(plan, KNOWLEDGE.protocols) } };
}

function judge(plan: Plan, of: string, instead?: AnyProtocol): (name: string) => PropertyResult {
  const { properties } = runOnSim(plan, instead && { swap: { [of]: instead } });
  return (name) => propertyOf(properties, name);
}

/** Each is a seed of the other, the last one that is left. */
const FIRST_TWO_GO: KillFault = { ...SEEDS_GO, targets: ['n1', 'n2'] };
const BOTH_REJOIN = leaveAndRejoin('pair', ['n3', 'n4'], 7000, 9000);

/** The protocol, but n4 shows nobody. */
function hidesAll(name: string): AnyProtocol {
  const protocol = protocols.get(name);
  if (protocol === undefined) throw new Error(`no protocol is called ${name}`);
  return {
    ...protocol,
    init: (ctx: Context<unknown>) => ({ self: ctx.self, inner: protocol.init(ctx) }),
    handle: ({ inner }, event, ctx) => protocol.handle(inner, event, ctx),
    view: ({ self, inner }) => (self === 'n4' ? [] : protocol.view(inner)),
  };
}

const NEARLY: readonly (readonly [name: string, faults: readonly (KillFault | LeaveFault)[]])[] = [
  ['it keeps its state', [{ ...IT_FORGETS, restart: 'with-state' }, SEEDS_GO]],
  ['a seed stays', [IT_FORGETS, { ...SEEDS_GO, targets: ['n1', 'n2'] }]],
  [
    'a seed comes back',
    [IT_FORGETS, { ...SEEDS_GO, targets: ['n1', 'n2'] }, kill('s', ['n3'], 'with-state', 6000, 9000)],
  ],
  [
    'its seeds go long after it came back',
    [
      { ...IT_FORGETS, atMs: 1000, untilMs: 2000 },
      { ...SEEDS_GO, atMs: 140_000 },
    ],
  ],
  ['one of the last two seeds stays', [FIRST_TWO_GO, { ...BOTH_REJOIN, targets: ['n3'] }]],
  [
    'the last two seeds keep their state',
    [FIRST_TWO_GO, kill('pair', ['n3', 'n4'], 'with-state', BOTH_REJOIN.atMs, BOTH_REJOIN.untilMs)],
  ],
  [
    'the last two seeds go one long after the other',
    [FIRST_TWO_GO, leaveAndRejoin('one', ['n3'], 7000, 9000), leaveAndRejoin('other', ['n4'], 140_000, 142_000)],
  ],
  ['a third seed stays', [{ ...FIRST_TWO_GO, targets: ['n1'] }, BOTH_REJOIN]],
  ['it stays away too', [{ ...IT_FORGETS, restart: 'never', untilMs: LONG_MS }, SEEDS_GO]],
];

describe.each([
  ['swim', 'swimNeverDetects'],
  ['cassandra', 'cassandraNeverConvicts'],
])('%s', (name, bug) => {
  it('owes no convergence where a member is stranded, and still the detection of the dead', () => {
    for (const atMs of [SEEDS_GO.atMs, 9000]) {
      const plan = planWith(name, [IT_FORGETS, { ...SEEDS_GO, atMs }]);
      const correct = judge(plan, name);
      expect(correct('convergence')).toMatchObject({ verdict: 'not-applicable' });
      expect(correct('convergence').beyondClaims).toMatch(/^n7 may come back without state/);
      expect(correct('detection')).toMatchObject({ verdict: 'valid' });
      expect(judge(plan, name, plantedBug(bug).protocol)('detection')).toMatchObject({ verdict: 'invalid' });
    }
  });

  it('owes no convergence where its seeds would come back at the heal, and are not of the core that heals', () => {
    const whole = planWith(name, [IT_FORGETS, kill('seeds', ['n1', 'n2', 'n3'], 'with-state', 9000, LONG_MS)]);
    const core = { ...whole, closing: { ...whole.closing, core: ['n4', 'n5', 'n6', 'n7'] } };
    expect(judge(core, name)('convergence')).toMatchObject({ verdict: 'not-applicable' });
    expect(judge(core, name)('convergence').beyondClaims).toMatch(/^n7 may come back without state/);
    expect(judge(whole, name)('convergence')).toMatchObject({ verdict: 'valid' });
    expect(judge(whole, name, hidesAll(name))('convergence')).toMatchObject({ verdict: 'invalid' });
  });

  it('owes no convergence where the last two seeds are away at one time and know each other only', () => {
    const property = judge(planWith(name, [FIRST_TWO_GO, BOTH_REJOIN]), name)('convergence');
    expect(property).toMatchObject({ verdict: 'not-applicable' });
    expect(property.beyondClaims).toMatch(/^n3, n4 may come back without state/);
    if (name === 'swim') expect(property.violations).toBeGreaterThan(0);
  });

  it.each(NEARLY)('owes convergence where %s', (_, faults) => {
    const plan = planWith(name, faults);
    expect(judge(plan, name)('convergence')).toMatchObject({ verdict: 'valid' });
    expect(judge(plan, name, hidesAll(name))('convergence')).toMatchObject({ verdict: 'invalid' });
  });
});
