import { describe, expect, it } from 'vitest';
import { type BrachaProtocol, bracha } from './bracha.ts';
import { brachaLies } from './lies.ts';
import { brachaBrokenQuorum, brachaDeliversTwice, brachaKeyedByValue, brachaNoAmplification } from './planted-bugs.ts';
import { createScenario, runLying, runWithLiars, violations } from './test-scenario.ts';

const SEEDS = Array.from({ length: 120 }, (_, seed) => `seed ${seed}`);

describe('liars', () => {
  for (const n of [4, 7]) {
    const f = Math.floor((n - 1) / 3);
    for (const behaviour of ['equivocate', 'withhold']) {
      it(`${f} of ${n} that ${behaviour} break nothing in ${SEEDS.length} seeds`, () => {
        for (const seed of SEEDS) expect(runWithLiars(n, f, behaviour, seed), seed).toEqual([]);
      });
    }

    it(`${f + 1} of ${n} that equivocate break consistency within 10 seeds`, () => {
      const found = SEEDS.slice(0, 10).flatMap((seed) => runWithLiars(n, f + 1, 'equivocate', seed));
      expect(found.some((violation) => violation.startsWith('consistency'))).toBe(true);
    });

    it(`${f + 1} of ${n} that withhold break totality within 10 seeds`, () => {
      const found = SEEDS.slice(0, 10).flatMap((seed) => runWithLiars(n, f + 1, 'withhold', seed));
      expect(found.some((violation) => violation.startsWith('totality'))).toBe(true);
    });
  }

  it('do something: a liar that equivocates as origin sends two values, one that withholds leaves members out', () => {
    for (const [behaviour, values, peers] of [
      ['equivocate', 2, 3],
      ['withhold', 1, 2],
    ] as const) {
      const scenario = createScenario(4);
      scenario.world.member('n1').setBehaviour('bracha', behaviour);
      scenario.broadcast('n1', 'x');
      const told = scenario.world.sent.map((sent) => [sent.to, JSON.stringify(sent.message)]);
      expect(new Set(told.map(([, message]) => message)).size).toBe(values);
      expect(new Set(told.map(([to]) => to)).size).toBe(peers);
    }
  });
});

describe('planted bugs', () => {
  /** Seeds are the same for the correct protocol, which nothing is found in. */
  function convicts(run: (protocol: BrachaProtocol, seed: string) => string[], bug: BrachaProtocol, property: string) {
    const seeds = SEEDS.slice(0, 20);
    for (const seed of seeds) expect(run(bracha, seed), seed).toEqual([]);
    const found = seeds.flatMap((seed) => run(bug, seed));
    expect(found.filter((violation) => violation.startsWith(property)).length).toBeGreaterThan(0);
  }

  it('an echo quorum of n/2 breaks under f = 2 of 7 that equivocate', () => {
    convicts((protocol, seed) => runWithLiars(7, 2, 'equivocate', seed, protocol), brachaBrokenQuorum, 'totality');
  });

  /**
   * READY for each of two values needs floor(n/2) + 1 ECHOs of f liars, who give theirs to both, and of n - f others, who
   * give theirs to one: at n = 5 and f = 1 there are enough. At 2, 3, 4 and 6 members the broken quorum is the right one,
   * so that nothing can tell the two protocols apart: no plan of fewer than 5 members breaks it.
   */
  it('an echo quorum of n/2 is the right one at 2, 3, 4 and 6 members, and breaks consistency under 1 of 5', () => {
    const heard = (protocol: BrachaProtocol, n: number, liars: number, behaviour: string, seed: string) => {
      const { world } = runLying(n, liars, behaviour, seed, protocol);
      return { sent: world.sent, seen: world.seen };
    };
    for (const [n, liars] of [
      [2, 0],
      [3, 0],
      [4, 1],
      [6, 1],
    ] as const) {
      for (const behaviour of Object.keys(brachaLies)) {
        for (const seed of SEEDS.slice(0, 5)) {
          expect(heard(brachaBrokenQuorum, n, liars, behaviour, seed)).toEqual(
            heard(bracha, n, liars, behaviour, seed),
          );
        }
      }
    }
    convicts((protocol, seed) => runWithLiars(5, 1, 'equivocate', seed, protocol), brachaBrokenQuorum, 'consistency');
  });

  it('no amplification breaks totality under f = 1 of 4 that withholds', () => {
    convicts((protocol, seed) => runWithLiars(4, 1, 'withhold', seed, protocol), brachaNoAmplification, 'totality');
  });

  it('votes keyed by value alone swallow equal payloads', () => {
    const equal = (protocol: BrachaProtocol, seed: string) => {
      const scenario = createScenario(4, seed, protocol);
      for (const origin of ['n1', 'n1', 'n2']) scenario.broadcast(origin, 'same');
      scenario.world.run(2000);
      return violations(scenario, scenario.names);
    };
    convicts(equal, brachaKeyedByValue, 'validity');
  });

  it('delivering on each READY beyond 2f + 1 breaks no duplication', () => {
    const plain = (protocol: BrachaProtocol, seed: string) => {
      const scenario = createScenario(4, seed, protocol);
      scenario.broadcast('n1', 'once');
      scenario.world.run(2000);
      return violations(scenario, scenario.names);
    };
    convicts(plain, brachaDeliversTwice, 'no duplication');
  });
});
