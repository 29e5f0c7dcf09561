import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { PeerSet } from '../member/peers.ts';
import type { Context, Data } from '../protocol.ts';
import { calmConditions, namesOf } from '../testkit.ts';
import { bracha } from './bracha.ts';
import { type BrachaMessage, ECHO, MAX_VALUE_BYTES, type Phase, READY, SEND, type Vote } from './messages.ts';
import { type BrachaSettings, checkBrachaSettings } from './settings.ts';
import { createScenario, jittered, quick, violations } from './test-scenario.ts';

/** How many deliveries each member has made. */
function deliveries(scenario: ReturnType<typeof createScenario>, member: string): number {
  return scenario.world.seen.filter((seen) => seen.member === member && seen.observation.kind === 'deliver').length;
}

/** Phases of the votes that n1 of four sends on its own when it comes back with these records. */
function phasesSentAfter(records: readonly Data[]): Phase[] {
  const names = namesOf(4);
  const phases = new Set<Phase>();
  const ctx: Context<BrachaMessage, BrachaSettings> = {
    self: 'n1',
    life: 1,
    roster: names,
    settings: quick,
    random: split('unused'),
    peers: new PeerSet('n1', split('unused')),
    now: () => 0,
    monotonic: () => 0,
    send: (_, message) => {
      for (const [phase] of message.votes) phases.add(phase);
    },
    stream: () => undefined,
    setTimer: () => undefined,
    persist: () => undefined,
    reply: () => undefined,
    emit: () => undefined,
    reach: () => undefined,
    announce: () => undefined,
  };
  bracha.handle(bracha.init(ctx), { type: 'start', restored: records, seeds: [] }, ctx);
  return [...phases].sort();
}

describe('without faults', () => {
  for (const n of [1, 2, 3, 4, 7, 10]) {
    it(`${n} members deliver what each of them broadcasts, and all views agree`, () => {
      const scenario = createScenario(n);
      for (const name of scenario.names) scenario.broadcast(name, `from ${name}`);
      scenario.world.run(1000);
      expect(violations(scenario, scenario.names)).toEqual([]);
      for (const name of scenario.names) {
        expect(deliveries(scenario, name)).toBe(n);
        expect(scenario.world.view(name)).toEqual(scenario.names.map((origin) => [origin, 1, 1, `from ${origin}`]));
      }
    });
  }

  it('answers a client when its broadcast is delivered at home, three steps later', () => {
    const scenario = createScenario(4, 'test', bracha, { latency: () => 10 });
    const id = scenario.broadcast('n2', 'x');
    scenario.world.run(19);
    expect(scenario.world.replies.has(id)).toBe(false);
    scenario.world.run(12);
    expect(scenario.world.replies.get(id)).toEqual({ type: 'ok', value: { origin: 'n2', life: 1, sequence: 1 } });
  });

  it('keeps equal payloads from one and from several origins apart', () => {
    const scenario = createScenario(7);
    for (const origin of ['n1', 'n1', 'n1', 'n2', 'n7']) scenario.broadcast(origin, 'same');
    scenario.world.run(1000);
    expect(violations(scenario, scenario.names)).toEqual([]);
    for (const name of scenario.names) expect(deliveries(scenario, name)).toBe(5);
  });

  it('costs about three datagrams per directed pair, and falls silent', () => {
    const scenario = createScenario(7, 'test', bracha, { latency: () => 2 });
    scenario.broadcast('n1', 'x');
    scenario.world.run(2000);
    expect(scenario.world.sent.length).toBeLessThanOrEqual(3 * 42 + 6);
    expect(scenario.world.sent.every((sent) => sent.at < 200)).toBe(true);
  });

  it('refuses what it cannot broadcast', () => {
    const scenario = createScenario(4);
    for (const value of [1, null, 'x'.repeat(MAX_VALUE_BYTES), '\ud800', ['x']]) {
      const id = scenario.broadcast('n1', value as string);
      expect(scenario.world.replies.get(id)?.type).toBe('fail');
    }
    scenario.world.operate('n1', 'bracha', 99, 'read', null);
    expect(scenario.world.replies.get(99)?.type).toBe('fail');
    scenario.world.run(500);
    expect(scenario.world.sent).toEqual([]);
  });

  it('keeps messages of many large values within a datagram', () => {
    const scenario = createScenario(4);
    for (let i = 0; i < 20; i++) scenario.broadcast('n1', `${i}`.padEnd(MAX_VALUE_BYTES - 3, 'x'));
    scenario.world.run(2000);
    expect(violations(scenario, scenario.names)).toEqual([]);
  });
});

describe('with faults of links and processes', () => {
  it('survives 30 % loss, duplication and reordering over 20 seeds', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = split(`loss ${seed}`);
      const scenario = createScenario(seed % 2 === 0 ? 4 : 7, `${seed}`, bracha, {
        latency: () => (random.next() < 0.3 ? undefined : 1 + random.int(100)),
      });
      for (const name of scenario.names) scenario.broadcast(name, `from ${name}`);
      scenario.world.run(30_000);
      expect(violations(scenario, scenario.names)).toEqual([]);
    }
  });

  it('delivers on both sides within its bound after a partition without a quorum has healed', () => {
    const scenario = createScenario(4);
    const { world, names } = scenario;
    const side = (name: string) => names.indexOf(name) % 2;
    const latency = jittered('partition');
    world.latency = (sent) => (side(sent.from) === side(sent.to) ? latency() : undefined);
    for (const name of names) scenario.broadcast(name, `from ${name}`);
    world.run(20_000);
    expect(world.seen.some((seen) => seen.observation.kind === 'deliver')).toBe(false);
    world.latency = latency;
    world.run(bracha.bounds(quick, calmConditions(4, { linkLatencyMs: 20 })).deliveryMs ?? 0);
    expect(violations(scenario, names)).toEqual([]);
  });

  it('drains a long backlog after a cut', () => {
    const scenario = createScenario(4);
    const { world, names } = scenario;
    const latency = jittered('backlog');
    world.latency = (sent) => (sent.to === 'n4' || sent.from === 'n4' ? undefined : latency());
    for (let i = 0; i < 400; i++) scenario.broadcast('n1', `value ${i}`);
    world.run(10_000);
    world.latency = latency;
    world.run(6000);
    expect(violations(scenario, names)).toEqual([]);
  });

  it('delivers with f members silent, and nothing with f + 1', () => {
    for (const n of [4, 7]) {
      const f = Math.floor((n - 1) / 3);
      for (const silent of [f, f + 1]) {
        const scenario = createScenario(n);
        const up = scenario.names.slice(silent);
        for (const name of scenario.names.slice(0, silent)) scenario.world.kill(name);
        for (const name of up) scenario.broadcast(name, `from ${name}`);
        scenario.world.run(3000);
        expect(violations(scenario, up).length === 0).toBe(silent === f);
        if (silent > f) expect(deliveries(scenario, up[0] ?? '')).toBe(0);
      }
    }
  });
});

describe('restarts', () => {
  it('with state, at any moment and of several members: nobody votes anew, delivers twice, or misses anything', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = split(`restart ${seed}`);
      const scenario = createScenario(4, `${seed}`);
      const { world, names } = scenario;
      for (let round = 0; round < 6; round++) {
        scenario.broadcast(names[round % 4] ?? '', `round ${round}`);
        world.run(1 + random.int(40));
        const victims = random.sample(names, 1 + random.int(3));
        for (const victim of victims) world.kill(victim);
        world.run(1 + random.int(300));
        for (const victim of victims) world.start(victim, { restore: true });
      }
      world.run(6000);
      expect(violations(scenario, names)).toEqual([]);
      const views = names.map((name) => JSON.stringify(world.view(name)));
      expect(new Set(views).size).toBe(1);
    }
  });

  it('with state: sequence numbers go on, and settled instances are not sent again', () => {
    const scenario = createScenario(4);
    scenario.broadcast('n1', 'before');
    scenario.world.run(1000);
    scenario.world.kill('n1');
    const sent = scenario.world.sent.length;
    scenario.world.start('n1', { restore: true });
    scenario.world.run(1000);
    expect(scenario.world.sent.length).toBe(sent);
    const id = scenario.broadcast('n1', 'after');
    scenario.world.run(1000);
    expect(scenario.world.replies.get(id)).toEqual({ type: 'ok', value: { origin: 'n1', life: 1, sequence: 2 } });
    expect(violations(scenario, scenario.names)).toEqual([]);
  });

  it('with state: goes on from wherever a crash cut its records off', () => {
    const vote = (phase: Phase): Vote => [phase, 0, 1, 1, 'x'];
    const echoes = [1, 2].map((voter) => ['got', voter, [vote(ECHO)]] as const);
    const records: Data[] = [['own', vote(SEND)], ['own', vote(ECHO)], ...echoes, ['own', vote(READY)]];
    const expected = [[], [SEND, ECHO], [SEND, ECHO], [SEND, ECHO], [SEND, ECHO, READY], [SEND, ECHO, READY]];
    for (const [length, phases] of expected.entries()) {
      expect(phasesSentAfter(records.slice(0, length)), `${length} records`).toEqual(phases);
    }
  });

  it('without state: the new life takes part and broadcasts in its own name; what it says about the old is one vote', () => {
    const scenario = createScenario(4);
    const { world } = scenario;
    scenario.broadcast('n1', 'old');
    world.run(15);
    world.kill('n1');
    world.run(500);
    world.start('n1');
    const id = scenario.broadcast('n1', 'new');
    scenario.broadcast('n2', 'other');
    world.run(3000);
    expect(world.replies.get(id)).toEqual({ type: 'ok', value: { origin: 'n1', life: 2, sequence: 1 } });
    expect(violations(scenario, ['n2', 'n3', 'n4'])).toEqual([]);
    expect(world.view('n1')).toEqual(
      expect.arrayContaining([
        ['n1', 2, 1, 'new'],
        ['n2', 1, 1, 'other'],
      ]),
    );
  });

  it('counts two lives of a voter once', () => {
    const scenario = createScenario(4);
    const { world } = scenario;
    world.latency = () => undefined;
    const ready = (from: string, life: number) =>
      world.inject('n1', from, life, { votes: [[2, 3, 1, 1, 'x']], acks: [], ackedLife: 0 });
    // One liar's votes in ten lives are no f + 1 = 2 voters: no READY of n1 follows.
    for (let life = 1; life <= 10; life++) ready('n2', life);
    expect(world.sent).toEqual([]);
    ready('n3', 1);
    expect(world.sent.some((sent) => bracha.kindOf(sent.message as never) === 'ready')).toBe(true);
  });
});

describe('who may say what', () => {
  it('takes a SEND only from its origin, in the life it speaks of', () => {
    const { world } = createScenario(4);
    world.latency = () => undefined;
    const send = (from: string, fromLife: number, origin: number, life: number) => {
      world.inject('n1', from, fromLife, { votes: [[0, origin, life, 1, 'x']], acks: [], ackedLife: 0 });
      return world.sent.length;
    };
    expect(send('n2', 1, 2, 1)).toBe(0);
    expect(send('n2', 2, 1, 1)).toBe(0);
    expect(send('stranger', 1, 1, 1)).toBe(0);
    expect(send('n2', 1, 1, 1)).toBe(3);
  });

  it('ignores acknowledgements that answer another life', () => {
    const { world } = createScenario(2);
    world.latency = () => undefined;
    world.operate('n1', 'bracha', 1, 'broadcast', 'x');
    const before = world.sent.length;
    const acks = [0, 1, 2].map((phase) => [phase, 0, 1, 1]);
    world.inject('n1', 'n2', 1, { votes: [], acks, ackedLife: 7 });
    world.run(quick.resendMs + 1);
    const resent = world.sent.length;
    expect(resent).toBeGreaterThan(before);
    world.inject('n1', 'n2', 1, { votes: [], acks, ackedLife: 1 });
    world.run(5000);
    expect(world.sent.length).toBe(resent);
  });
});

describe('settings and claims', () => {
  it('refuses n of at most 3f and intervals that cannot work', () => {
    expect(checkBrachaSettings(quick, 7)).toBeUndefined();
    expect(checkBrachaSettings({ ...quick, f: 2 }, 7)).toBeUndefined();
    expect(checkBrachaSettings({ ...quick, f: 2 }, 6)).toMatch(/set f to 1/);
    expect(checkBrachaSettings({ ...quick, resendMaxMs: 1 }, 7)).toMatch(/resendMaxMs/);
    expect(checkBrachaSettings({ ...quick, ackDelayMs: 900 }, 7)).toMatch(/ackDelayMs/);
  });

  it('counts liars and lost lives together, each member once', () => {
    const [claim] = bracha.claims;
    const conditions = (byzantine: string[], livesLost: string[]) => calmConditions(7, { byzantine, livesLost });
    expect(claim?.beyond?.(quick, conditions(['n1'], ['n2']))).toBeUndefined();
    expect(claim?.beyond?.(quick, conditions(['n1', 'n2'], ['n2', 'n1']))).toBeUndefined();
    expect(claim?.beyond?.(quick, conditions(['n1', 'n2'], ['n3']))).toMatch(/3 of 7/);
  });
});
