import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { consensus } from './consensus.ts';
import { MAX_INSTANCE, MAX_VALUE_BYTES } from './messages.ts';
import { consensusForgetsVotes, consensusMajorityOfKnown, consensusNewLifeVotes } from './planted-bugs.ts';
import { quorumOf } from './settings.ts';
import { boundMs, createScenario, jittered, splitAfterRestart, undecided, unsafe } from './test-scenario.ts';

describe('without faults', () => {
  for (const n of [1, 2, 3, 4, 7, 20]) {
    it(`${n} members with a value each decide one of them, and all views agree`, () => {
      const scenario = createScenario(n);
      for (const name of scenario.names) scenario.propose(name, 1, `from ${name}`);
      scenario.world.run(2000);
      expect(unsafe(scenario)).toEqual([]);
      expect(undecided(scenario, scenario.names)).toEqual([]);
      expect(new Set(scenario.names.map((name) => JSON.stringify(scenario.world.view(name)))).size).toBe(1);
    });
  }

  it('tells every proposer what was decided, late ones at once', () => {
    const scenario = createScenario(5);
    const early = ['n1', 'n2'].map((name) => scenario.propose(name, 7, name));
    scenario.world.run(2000);
    const [, value] = (scenario.world.view('n3') as [number, string][])[0] ?? [];
    expect(['n1', 'n2']).toContain(value);
    const late = scenario.propose('n4', 7, 'late');
    for (const id of [...early, late]) {
      expect(scenario.world.replies.get(id)).toEqual({ type: 'ok', value: { decided: value } });
    }
  });

  it('refuses what it cannot propose', () => {
    const { world } = createScenario(3);
    const bad = [null, 1, 'x', {}, { instance: 1 }, { value: 'x' }, { instance: 0, value: 'x' }];
    const worse = [
      { instance: 1.5, value: 'x' },
      { instance: MAX_INSTANCE + 1, value: 'x' },
      { instance: 1, value: 'x'.repeat(MAX_VALUE_BYTES) },
      { instance: 1, value: '\ud800' },
    ];
    [...bad, ...worse].forEach((value, id) => {
      world.operate('n1', 'consensus', id, 'propose', value);
      expect(world.replies.get(id)?.type, JSON.stringify(value)).toBe('fail');
    });
    world.operate('n1', 'consensus', 99, 'read', null);
    expect(world.replies.get(99)?.type).toBe('fail');
    world.run(500);
    expect(world.view('n1')).toEqual([]);
  });

  it('shows an undecided instance as not agreed upon', () => {
    const { world, propose } = createScenario(3, 'cut', undefined, { latency: () => undefined });
    propose('n1', 4, 'x');
    world.run(1000);
    expect(world.view('n1')).toEqual([[4, null, 'n1']]);
  });
});

describe('with faults of links', () => {
  it('is safe under loss, duplication by gossip and reordering, and ends once they do, over 20 seeds', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = split(`loss ${seed}`);
      const scenario = createScenario(seed % 2 === 0 ? 3 : 5, `${seed}`, undefined, {
        latency: () => (random.next() < 0.5 ? undefined : 1 + random.int(400)),
      });
      for (let instance = 1; instance <= 3; instance++) {
        for (const name of scenario.names) scenario.propose(name, instance, `${name} ${instance}`);
        scenario.world.run(random.int(500));
      }
      scenario.world.run(3000);
      scenario.world.latency = jittered(`${seed}`);
      scenario.world.run(boundMs(scenario.names.length));
      expect(unsafe(scenario)).toEqual([]);
      expect(undecided(scenario, scenario.names)).toEqual([]);
    }
  });

  it('decides on the side of a majority only, and on the other after the heal, however late', () => {
    const scenario = createScenario(5);
    const { world } = scenario;
    const latency = jittered('partition');
    const minority = new Set(['n1', 'n2']);
    world.latency = (sent) => (minority.has(sent.from) === minority.has(sent.to) ? latency() : undefined);
    scenario.propose('n1', 1, 'minor');
    scenario.propose('n4', 1, 'major');
    scenario.propose('n2', 2, 'kept');
    world.run(30_000);
    expect(world.view('n1')).toEqual([
      [1, null, 'n1'],
      [2, null, 'n1'],
    ]);
    expect(world.view('n3')).toEqual([[1, 'major']]);
    world.latency = latency;
    world.run(boundMs(5));
    expect(unsafe(scenario)).toEqual([]);
    for (const name of scenario.names)
      expect(world.view(name)).toEqual([
        [1, 'major'],
        [2, 'kept'],
      ]);
  });

  it('decides without its proposer, and never without a majority', () => {
    for (const n of [3, 4, 5]) {
      const most = n - quorumOf(n);
      for (const killed of [most, most + 1]) {
        const scenario = createScenario(n, `killed ${killed}`);
        scenario.propose('n1', 1, 'x');
        scenario.world.run(60);
        for (const name of scenario.names.slice(0, killed)) scenario.world.kill(name);
        const left = scenario.names.slice(killed);
        for (const name of left) scenario.propose(name, 2, name);
        scenario.world.run(boundMs(n));
        expect(unsafe(scenario)).toEqual([]);
        expect(undecided(scenario, left).some((one) => one.endsWith(' 2'))).toBe(killed > most);
        if (killed === most) expect(undecided(scenario, left)).toEqual([]);
      }
    }
  });

  it('hands over many scattered decisions', () => {
    const scenario = createScenario(3);
    const { world } = scenario;
    const latency = jittered('many');
    world.latency = (sent) => (sent.to === 'n3' || sent.from === 'n3' ? undefined : latency());
    for (let i = 1; i <= 300; i++) {
      scenario.propose('n1', 3 * i, `v${i}`);
      if (i % 20 === 0) world.run(1000);
    }
    world.latency = latency;
    world.run(boundMs(3));
    expect(world.view('n3')).toEqual(world.view('n1'));
    expect((world.view('n3') as unknown[]).length).toBe(300);
  }, 30_000);
});

describe('restarts', () => {
  it('with state, at any moment: nobody decides again or otherwise, and all is decided', () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = split(`restart ${seed}`);
      const scenario = createScenario(seed % 2 === 0 ? 3 : 4, `${seed}`);
      const { world, names } = scenario;
      for (let round = 1; round <= 4; round++) {
        for (const name of random.sample(names, 2)) scenario.propose(name, round, `${name} ${round}`);
        world.run(1 + random.int(150));
        const victims = random.sample(names, 1 + random.int(names.length));
        for (const victim of victims) world.kill(victim);
        world.run(1 + random.int(300));
        for (const victim of victims) world.start(victim, { restore: true });
      }
      world.run(boundMs(names.length));
      expect(unsafe(scenario)).toEqual([]);
      expect(undecided(scenario, names)).toEqual([]);
    }
  });

  it('without state: a new life learns and proposes; the votes of those that kept theirs decide', () => {
    const scenario = createScenario(3);
    const { world } = scenario;
    scenario.propose('n1', 1, 'old');
    world.run(2000);
    world.kill('n1');
    world.start('n1');
    const id = scenario.propose('n1', 2, 'new');
    world.run(boundMs(3));
    expect(world.replies.get(id)).toEqual({ type: 'ok', value: { decided: 'new' } });
    expect(world.view('n1')).toEqual([
      [1, 'old'],
      [2, 'new'],
    ]);
    // Two of three have lost a life: one vote is left, and nothing new can be decided.
    world.kill('n2');
    world.start('n2');
    for (const name of ['n1', 'n2', 'n3']) scenario.propose(name, 3, name);
    world.run(boundMs(3));
    expect(unsafe(scenario)).toEqual([]);
    expect(undecided(scenario, ['n1', 'n2', 'n3'])).toEqual(['n1 3', 'n2 3', 'n3 3']);
  });

  it('hands a value on that only a member out of reach knows to be decided', () => {
    const kept = splitAfterRestart(consensus, true);
    expect(kept.world.seen.filter((seen) => seen.observation.kind === 'decide').map((seen) => seen.member)[0]).toBe(
      'n1',
    );
    expect(unsafe(kept)).toEqual([]);
    expect(undecided(kept, kept.names)).toEqual([]);
    for (const name of kept.names) expect(kept.world.view(name)).toEqual([[1, 'first']]);
    // With their state lost there is no majority of votes left, so it stays with n1 until that is back.
    const lost = splitAfterRestart(consensus, false);
    expect(unsafe(lost)).toEqual([]);
    for (const name of lost.names) expect(lost.world.view(name)).toEqual([[1, 'first']]);
  });
});

describe('planted bugs', () => {
  it('a quorum of what is known: the two sides of a partition decide for themselves', () => {
    const scenario = createScenario(5, 'known', consensusMajorityOfKnown, { latency: () => undefined });
    scenario.propose('n1', 1, 'a');
    scenario.propose('n5', 1, 'b');
    expect(unsafe(scenario)).toEqual(['agreement: a and b at n5']);
  });

  it('promises forgotten on a restart: a second value is decided', () => {
    expect(unsafe(splitAfterRestart(consensusForgetsVotes, true)).join()).toMatch(/agreement: first and second/);
  });

  it('a vote in a new life: a second value is decided', () => {
    expect(unsafe(splitAfterRestart(consensusNewLifeVotes, false)).join()).toMatch(/agreement: first and second/);
  });
});
