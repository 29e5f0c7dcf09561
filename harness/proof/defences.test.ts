/**
 * Defences against liars, one by one: with each the protocol keeps its promise, and with a bug planted in it, on the same
 * plans, it is convicted.
 */
import { describe, expect, it } from 'vitest';
import { antiEntropyResurrects } from '../../impl/anti-entropy/planted-bugs.ts';
import { brachaCountsVotesTwice } from '../../impl/bracha/planted-bugs.ts';
import { type AnyProtocol, settingsOf } from '../../impl/protocol.ts';
import { rumorTrustsSignatures } from '../../impl/rumor/planted-bugs.ts';
import { createRumor, rumor } from '../../impl/rumor/rumor.ts';
import { swimBelievesAccusers, swimTrustsSignatures } from '../../impl/swim/planted-bugs.ts';
import { createSwim, swim } from '../../impl/swim/swim.ts';
import { World } from '../../impl/testkit.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { KNOWLEDGE } from '../cli/parts.ts';
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { drawRequest } from '../plan/draw-request.ts';
import { makePlan } from '../plan/make-plan.ts';
import { type FaultFlags, planOf, propertyOf, runOnSim, seedCount } from './test-scenario.ts';

const SEEDS = 20;

interface Planted {
  readonly bug: string;
  readonly of: string;
  readonly protocol: AnyProtocol;
  readonly signed: boolean;
  readonly faults: FaultFlags;
  readonly property: string;
}

const PLANTED: readonly Planted[] = [
  {
    bug: 'a signature that is not checked, under liars that speak for others',
    of: 'swim',
    protocol: swimTrustsSignatures,
    signed: true,
    faults: { byzantine: '1:forge' },
    property: 'refutation',
  },
  {
    bug: 'a signature that is not checked, under liars that cut it short',
    of: 'swim',
    protocol: swimTrustsSignatures,
    signed: true,
    faults: { byzantine: '1:bad-signature' },
    property: 'refutation',
  },
  {
    bug: 'an incarnation that its owner never signed is believed of an accuser',
    of: 'swim',
    protocol: swimBelievesAccusers,
    signed: true,
    faults: { byzantine: '1:accuse' },
    property: 'refutation',
  },
  {
    bug: "a rumour's signature that is not checked",
    of: 'rumor',
    protocol: rumorTrustsSignatures,
    signed: true,
    faults: { byzantine: '1:forge' },
    property: 'delivery',
  },
  {
    bug: 'a vote that counts each time it comes, under liars that repeat themselves',
    of: 'bracha',
    protocol: brachaCountsVotesTwice,
    signed: false,
    faults: { byzantine: '2:forge' },
    property: 'broadcast-safety',
  },
  {
    bug: 'a tombstone that gives way to what it had deleted',
    of: 'anti-entropy',
    protocol: antiEntropyResurrects,
    signed: false,
    faults: { byzantine: '1:replay' },
    property: 'version-order',
  },
];

function planWith(name: string, seed: string, faults: FaultFlags, settings: Readonly<Record<string, string>>): Plan {
  const overrides = Object.entries(settings).map(([key, text]) => ({ protocol: name, key, text }));
  return planOf(seed, faults, { protocols: [name], overrides, timeMs: 20_000 });
}

describe.each(PLANTED)('$of: $bug', ({ of, protocol, signed, faults, property }) => {
  it(`is convicted of ${property} within ${SEEDS} seeds, and the real protocol is not`, () => {
    let convicted = 0;
    for (let seed = 0; seed < SEEDS && convicted === 0; seed++) {
      const plan = planWith(of, `defence ${seed}`, faults, signed ? { signed: 'true' } : {});
      const real = propertyOf(runOnSim(plan).properties, property);
      expect([real.verdict, real.beyondClaims], real.reason).toEqual(['valid', undefined]);
      const bugged = propertyOf(runOnSim(plan, { swap: { [of]: protocol } }).properties, property);
      if (bugged.verdict === 'invalid') convicted++;
      if (convicted > 0) expect(bugged.witness?.summary).toMatch(/\bn\d\b/);
    }
    expect(convicted).toBe(1);
  }, 60_000);
});

/** Messages that one liar sends to one member within a second, and the limit. */
const FLOOD = 1000;
const LIMIT = 50;

describe.each([
  {
    protocol: swim,
    withoutLimit: createSwim({ ignoresLimit: true }),
    question: { k: 'ping', s: 1, i: 0, u: [] },
  },
  {
    protocol: rumor,
    withoutLimit: createRumor('rumor', 'planted bug: no limit', { ignoresLimit: true }),
    question: { type: 'pull' },
  },
])('the limit on what $protocol.name takes of each peer', ({ protocol, withoutLimit, question }) => {
  /** Answers to the flood within its second, and to another peer's one question at its end. */
  function answers(running: AnyProtocol, peerMessagesPerSecond: number): { flooder: number; other: number } {
    const settings = { ...settingsOf<object>(running.settings, 'quick'), peerMessagesPerSecond };
    const names = ['n1', 'n2', 'n3'];
    const world = new World({ names, channels: [{ protocol: running, settings }], latency: () => undefined });
    world.start('n1', { seeds: [] });
    // Something to tell, where questions are for that.
    world.operate('n1', protocol.name, 1, 'broadcast', 'x');
    const from = world.sent.length;
    const sentTo = (name: string) => world.sent.slice(from).filter(({ to }) => to === name).length;
    for (let i = 0; i < FLOOD; i++) {
      world.inject('n1', 'n2', 1, question);
      world.run(1000 / FLOOD);
    }
    const before = sentTo('n3');
    world.inject('n1', 'n3', 1, question);
    return { flooder: sentTo('n2'), other: sentTo('n3') - before };
  }

  it('keeps a flood from being answered, leaves others alone, and is missed where it is not applied', () => {
    const limited = answers(protocol, LIMIT);
    // A burst of a second's worth, what a second brings, and the member's own few messages.
    expect(limited.flooder).toBeLessThanOrEqual(2 * LIMIT + 20);
    expect(limited.other).toBeGreaterThan(0);
    expect(answers(withoutLimit, LIMIT).flooder).toBeGreaterThanOrEqual(FLOOD);
    expect(answers(protocol, 0).flooder).toBeGreaterThanOrEqual(FLOOD);
  });
});

describe.each([
  { name: 'swim', promise: 'refutation' },
  { name: 'rumor', promise: 'delivery' },
])('$name, signed', ({ name, promise }) => {
  const seeds = seedCount(15);

  it(
    'keeps its promises without liars under whatever else is drawn',
    () => {
      const others = NEMESES.filter(({ type }) => type !== 'byzantine');
      const flagged: string[] = [];
      const valid = new Set<string>();
      let made = 0;
      for (let seed = 0; seed < seeds; seed++) {
        const request = drawRequest({ seed: `signed ${seed}`, protocols: [name], nemeses: others });
        const overrides = [{ protocol: name, key: 'signed', text: 'true' }];
        let plan: Plan;
        try {
          plan = makePlan({ ...request, overrides }, KNOWLEDGE);
        } catch (error) {
          // Less than one event of churn, say.
          if (error instanceof UserError) continue;
          throw error;
        }
        made++;
        const { properties } = runOnSim(plan);
        for (const { name: property, verdict } of properties) if (verdict === 'valid') valid.add(property);
        const invalid = properties.filter(({ verdict }) => verdict === 'invalid');
        flagged.push(...invalid.map((property) => `${seed}: ${property.name}, ${property.reason}`));
      }
      expect(flagged).toEqual([]);
      expect(made, 'plans').toBeGreaterThanOrEqual(Math.floor(0.8 * seeds));
      expect([...valid]).toContain(promise);
    },
    60_000 + seeds * 1500,
  );
});
