import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import type { Data } from '../../impl/protocol.ts';
import { createConsensusChecker } from './consensus.ts';
import { claim, MEMBERS, TestHistory, type TestOptions } from './test-history.ts';

function history(extra: Partial<TestOptions> = {}, beyond?: string): TestHistory {
  const claims = ['consensus-safety', 'consensus-termination'].map((name) =>
    claim(name, beyond === undefined ? {} : { beyond: () => beyond }),
  );
  return new TestHistory({
    channels: [{ name: 'c', role: 'consensus', claims, bounds: { deliveryMs: 1000 } }],
    ...extra,
  });
}

/** Proposes, accepted at once; the operation's number. */
function propose(test: TestHistory, atMs: number, member: string, instance: number, value: string): number {
  const op = test.invoke(atMs, member, 'consensus', 'c', 'propose', { instance, value });
  test.observe(atMs, member, 'c', { kind: 'propose', operation: op, instance });
  return op;
}

function decide(test: TestHistory, atMs: number, at: readonly string[], instance: number, value: Data): TestHistory {
  for (const member of at) test.observe(atMs, member, 'c', { kind: 'decide', instance, value });
  return test;
}

function close(test: TestHistory, finalMs = 12_000): TestHistory {
  return test
    .phase(10_000, 'heal')
    .phase(finalMs, 'final')
    .end(finalMs + 100);
}

const safety = (test: TestHistory) => test.property(createConsensusChecker, 'consensus-safety');
const termination = (test: TestHistory) => test.property(createConsensusChecker, 'consensus-termination');

describe('consensus checker', () => {
  it('spares a correct history with rivals, late proposals and a restart with state', () => {
    const test = history();
    const first = propose(test, 100, 'n1', 1, 'a');
    propose(test, 100, 'n2', 1, 'b');
    decide(test, 200, MEMBERS, 1, 'b').complete(201, first, 'ok', { decided: 'b' });
    test.member('n3', 300, 'crash').up('n3', 400, 1, 2);
    const late = test.invoke(500, 'n3', 'consensus', 'c', 'propose', { instance: 1, value: 'c' });
    close(test.complete(501, late, 'ok', { decided: 'b' }));
    expect(safety(test)).toMatchObject({ verdict: 'valid', judged: 1, violations: 0, details: { decisions: 3 } });
    expect(termination(test)).toMatchObject({ verdict: 'valid', judged: 1, violations: 0 });
  });

  it('convicts two values for an instance (agreement), of a member that lost a life too', () => {
    const test = history({ conditions: { livesLost: ['n3'] } });
    propose(test, 100, 'n1', 1, 'a');
    propose(test, 100, 'n2', 1, 'b');
    decide(decide(test, 200, ['n3'], 1, 'b'), 300, ['n1', 'n2'], 1, 'a');
    const found = safety(close(test));
    expect(found).toMatchObject({ verdict: 'invalid', details: { agreement: 1, validity: 0, irrevocability: 0 } });
    expect(found.witness?.summary).toBe('Agreement: n3 has "b" for instance 1, and n1 decided "a" at 0.300 s.');
  });

  it('convicts an answer that is not what was decided (agreement)', () => {
    const test = history();
    const op = propose(test, 100, 'n1', 1, 'a');
    propose(test, 100, 'n2', 1, 'b');
    decide(test, 200, MEMBERS, 1, 'b').complete(201, op, 'ok', { decided: 'a' });
    expect(safety(close(test)).witness?.summary).toMatch(/n1 told its client "a"/);
  });

  it('convicts a value that was proposed for another instance only (validity)', () => {
    const test = history();
    propose(test, 100, 'n1', 1, 'a');
    propose(test, 100, 'n1', 2, 'b');
    decide(decide(test, 200, MEMBERS, 1, 'b'), 200, MEMBERS, 2, 'b');
    const found = safety(close(test));
    expect(found).toMatchObject({ verdict: 'invalid', details: { agreement: 0, validity: 1 } });
    expect(found.witness?.summary).toMatch(/^Validity: n1 has "b" for instance 1/);
  });

  it('convicts a second decision across a restart with state (irrevocability), and spares one of a new life', () => {
    for (const life of [1, 2]) {
      const test = history(life === 1 ? {} : { conditions: { livesLost: ['n2'] } });
      propose(test, 100, 'n1', 1, 'a');
      decide(test, 200, MEMBERS, 1, 'a');
      test.member('n2', 300, 'crash').up('n2', 400, life, life === 1 ? 2 : 1);
      const found = safety(close(decide(test, 500, ['n2'], 1, 'a')));
      if (life === 1) expect(found.witness?.summary).toMatch(/^Irrevocability: n2 \(life 1\) decided instance 1/);
      expect(found.verdict).toBe(life === 1 ? 'invalid' : 'valid');
    }
  });

  it('convicts what is not decided, or not by all, in time (termination)', () => {
    const never = history();
    propose(never, 100, 'n1', 1, 'a');
    expect(termination(close(never)).witness?.summary).toBe(
      'Termination: instance 1 was never decided by n1, n2, n3; n1 accepted a proposal for it at 0.100 s.',
    );
    const some = history({ conditions: { livesLost: ['n3'] } });
    propose(some, 100, 'n3', 1, 'a');
    const found = termination(close(decide(some, 200, ['n1'], 1, 'a')));
    expect(found.verdict).toBe('invalid');
    expect(found.witness?.summary).toMatch(/never decided by n2; n1 decided it/);
  });

  it('asks for nothing that only a member accepted that lost a life', () => {
    const test = history({ conditions: { livesLost: ['n3'] } });
    propose(test, 100, 'n1', 1, 'a');
    propose(test, 100, 'n3', 2, 'b');
    expect(termination(close(decide(test, 200, ['n1', 'n2'], 1, 'a')))).toMatchObject({ verdict: 'valid', judged: 1 });
  });

  it('does not know what may still be under way, nor with a member that died by itself', () => {
    const soon = history();
    propose(soon, 9800, 'n1', 1, 'a');
    expect(termination(close(soon, 10_500))).toMatchObject({ verdict: 'unknown', details: { pending: 1 } });
    const cut = history();
    propose(cut, 100, 'n1', 1, 'a');
    expect(termination(cut.end(300, 'interrupted')).verdict).toBe('unknown');
    const died = history();
    propose(died, 100, 'n1', 1, 'a');
    decide(died, 200, ['n1', 'n2'], 1, 'a').member('n3', 150, 'crash');
    expect(termination(close(died))).toMatchObject({ verdict: 'unknown', reason: 'n3 died without being told to' });
  });

  it('does not know where nothing was decided, counts beyond the claims without a defect, needs proposals', () => {
    const none = history();
    propose(none, 100, 'n1', 1, 'a');
    expect(safety(close(none)).verdict).toBe('unknown');
    const beyond = history({}, 'too few voters');
    propose(beyond, 100, 'n1', 1, 'a');
    expect(termination(close(beyond))).toMatchObject({ verdict: 'not-applicable', violations: 1 });
    expect(safety(close(history())).verdict).toBe('not-applicable');
  });

  it('never flags random legal histories', () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = split('consensus', seed);
      const test = history();
      for (let instance = 1; instance <= 10; instance++) {
        const rivals = random.sample(MEMBERS, 1 + random.int(3));
        const ops = rivals.map((member) => propose(test, 100 + random.int(100), member, instance, `${member}!`));
        const value = `${rivals[0]}!`;
        for (const member of random.shuffle([...MEMBERS]))
          decide(test, 300 + random.int(9000), [member], instance, value);
        for (const op of ops) test.complete(9500, op, 'ok', { decided: value });
      }
      close(test);
      expect(safety(test), String(seed)).toMatchObject({ verdict: 'valid', violations: 0 });
      expect(termination(test), String(seed)).toMatchObject({ verdict: 'valid', violations: 0 });
    }
  });
});
