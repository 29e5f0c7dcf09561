import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { createBroadcastSafetyChecker } from './broadcast-safety.ts';
import { claim, TestHistory, type TestOptions } from './test-history.ts';

const FOUR = ['n1', 'n2', 'n3', 'n4'];

function history(extra: Partial<TestOptions> = {}, beyond?: string): TestHistory {
  const claims = [claim('broadcast-safety', beyond === undefined ? {} : { beyond: () => beyond })];
  return new TestHistory({
    members: FOUR,
    channels: [{ name: 'b', role: 'reliable-broadcast', claims, bounds: { deliveryMs: 1000 } }],
    ...extra,
  });
}

function send(test: TestHistory, atMs: number, origin: string, sequence: number, value: string): TestHistory {
  const op = test.invoke(atMs, origin, 'reliable-broadcast', 'b', 'broadcast', value);
  test.observe(atMs, origin, 'b', { kind: 'broadcast', operation: op, sequence });
  return test.complete(atMs, op, 'ok', { origin, life: 1, sequence });
}

function deliver(
  test: TestHistory,
  atMs: number,
  to: readonly string[],
  origin: string,
  sequence: number,
  value: string,
) {
  for (const member of to) test.observe(atMs, member, 'b', { kind: 'deliver', origin, originLife: 1, sequence, value });
  return test;
}

function close(test: TestHistory, finalMs = 12_000): TestHistory {
  return test
    .phase(10_000, 'heal')
    .phase(finalMs, 'final')
    .end(finalMs + 100);
}

const judge = (test: TestHistory) => test.property(createBroadcastSafetyChecker, 'broadcast-safety');

describe('broadcast-safety checker', () => {
  it('spares a correct history, equal payloads included', () => {
    const test = history();
    send(test, 100, 'n1', 0, 'a');
    send(test, 200, 'n1', 1, 'a');
    send(test, 300, 'n2', 0, 'a');
    deliver(test, 400, FOUR, 'n1', 0, 'a');
    deliver(test, 400, FOUR, 'n1', 1, 'a');
    deliver(test, 400, FOUR, 'n2', 0, 'a');
    expect(judge(close(test))).toMatchObject({ verdict: 'valid', judged: 3, violations: 0 });
  });

  it('convicts an accepted broadcast that is delivered nowhere (validity)', () => {
    const found = judge(close(send(history(), 100, 'n1', 0, 'a')));
    expect(found).toMatchObject({ verdict: 'invalid', details: { validity: 1, totality: 0 } });
    expect(found.witness?.summary).toBe('Validity: broadcast 0 of n1 never reached n1, n2, n3, n4.');
  });

  it('convicts a delivery at some and not at all (totality), also of a liar', () => {
    const test = history({ conditions: { byzantine: ['n4'] } });
    const found = judge(close(deliver(test.planned(1, 'n4', 'w', 'b', 'broadcast', 'a'), 100, ['n1'], 'n4', 0, 'a')));
    expect(found).toMatchObject({ verdict: 'invalid', details: { validity: 0, totality: 1 } });
    expect(found.witness?.summary).toBe('Totality: n1 delivered broadcast 0 of n4, and n2, n3 never did.');
  });

  it('convicts a second delivery (no duplication)', () => {
    const test = deliver(send(history(), 100, 'n1', 0, 'a'), 200, FOUR, 'n1', 0, 'a');
    const found = judge(close(deliver(test, 300, ['n3'], 'n1', 0, 'a')));
    expect(found).toMatchObject({ verdict: 'invalid', details: { noDuplication: 1 } });
    expect(found.witness?.summary).toBe('No duplication: n3 delivered broadcast 0 of n1 twice, again at 0.300 s.');
  });

  it('convicts what a correct origin never said (integrity), and not what a liar said', () => {
    const planned = (test: TestHistory) => test.planned(1, 'n4', 'w', 'b', 'broadcast', 'a');
    const invented = judge(close(deliver(planned(history()), 200, FOUR, 'n1', 5, 'ghost')));
    expect(invented.witness?.summary).toBe(
      'Integrity: n1 delivered broadcast 5 of n1 as "ghost", which its origin never broadcast.',
    );
    const other = judge(close(deliver(send(history(), 100, 'n1', 0, 'a'), 200, FOUR, 'n1', 0, 'b')));
    expect(other.witness?.summary).toContain('but its origin broadcast "a"');
    const liar = planned(history({ conditions: { byzantine: ['n4'] } }));
    expect(judge(close(deliver(liar, 200, FOUR, 'n4', 5, 'ghost'))).verdict).toBe('valid');
  });

  it('spares what an origin was asked to broadcast and never answered for, once per request', () => {
    const asked = (outcome: 'info' | 'fail' | undefined, value: string, atMs = 100): TestHistory => {
      const test = history();
      const op = test.invoke(atMs, 'n1', 'reliable-broadcast', 'b', 'broadcast', value);
      return outcome === undefined ? test : test.complete(atMs + 50, op, outcome);
    };
    for (const outcome of ['info', undefined] as const) {
      const spared = judge(close(deliver(asked(outcome, 'a'), 200, FOUR, 'n1', 0, 'a')));
      expect(spared, outcome).toMatchObject({ verdict: 'valid', violations: 0, judged: 1 });
      // Whoever delivers it still owes it to the others.
      const partial = judge(close(deliver(asked(outcome, 'a'), 200, ['n2'], 'n1', 0, 'a')));
      expect(partial, outcome).toMatchObject({ details: { integrity: 0, validity: 0, totality: 1 } });
    }
    const twice = deliver(deliver(asked('info', 'a'), 200, FOUR, 'n1', 0, 'a'), 200, FOUR, 'n1', 1, 'a');
    for (const test of [
      twice,
      deliver(asked('fail', 'a'), 200, FOUR, 'n1', 0, 'a'),
      deliver(asked('info', 'a'), 200, FOUR, 'n1', 0, 'b'),
      deliver(asked('info', 'a'), 200, FOUR, 'n2', 0, 'a'),
      deliver(asked('info', 'a', 300), 200, FOUR, 'n1', 0, 'a'),
    ]) {
      expect(judge(close(test))).toMatchObject({ verdict: 'invalid', details: { integrity: 1 } });
    }
  });

  it('convicts two values for one instance (consistency), unless a liar reports one of them', () => {
    const test = history({ conditions: { byzantine: ['n4'] } }).planned(1, 'n4', 'w', 'b', 'broadcast', 'a');
    deliver(deliver(test, 200, ['n1', 'n2'], 'n4', 0, 'a'), 210, ['n3'], 'n4', 0, 'b');
    const found = judge(close(test));
    expect(found).toMatchObject({ verdict: 'invalid', details: { consistency: 1, totality: 0 } });
    expect(found.witness?.summary).toBe('Consistency: n1 delivered broadcast 0 of n4 as "a", n3 as "b".');
    const spared = history({ conditions: { byzantine: ['n4'] } }).planned(1, 'n4', 'w', 'b', 'broadcast', 'a');
    deliver(deliver(spared, 200, ['n1', 'n2', 'n3'], 'n4', 0, 'a'), 210, ['n4'], 'n4', 0, 'b');
    expect(judge(close(spared)).verdict).toBe('valid');
  });

  it('does not know what may still be under way, when interrupted or ended before the bound', () => {
    for (const test of [
      close(deliver(send(history(), 9600, 'n1', 0, 'a'), 9700, ['n1'], 'n1', 0, 'a'), 10_500),
      deliver(send(history(), 100, 'n1', 0, 'a'), 200, ['n1'], 'n1', 0, 'a').end(300, 'interrupted'),
      deliver(send(history(), 100, 'n1', 0, 'a'), 200, ['n1'], 'n1', 0, 'a'),
    ]) {
      expect(judge(test)).toMatchObject({ verdict: 'unknown', violations: 0, details: { pending: 1 } });
    }
    const interrupted = deliver(send(history(), 100, 'n1', 0, 'a'), 200, FOUR, 'n1', 0, 'b');
    expect(judge(interrupted.end(300, 'interrupted')).verdict).toBe('invalid');
  });

  it('asks nothing of a member that loses a life, and delivers anew to a new one', () => {
    const test = history({ conditions: { livesLost: ['n4'] } });
    deliver(send(test, 100, 'n1', 0, 'a'), 200, ['n1', 'n2', 'n3', 'n4'], 'n1', 0, 'a');
    test.member('n4', 300, 'crash').up('n4', 400, 2);
    expect(judge(close(deliver(test, 500, ['n4'], 'n1', 0, 'a')))).toMatchObject({
      verdict: 'valid',
      details: { correct: 3 },
    });
  });

  it('does not trust a run in which a member died that the plan lets live', () => {
    const test = deliver(send(history(), 100, 'n1', 0, 'a'), 200, ['n1', 'n2', 'n3'], 'n1', 0, 'a');
    expect(judge(close(test.member('n4', 300, 'crash')))).toMatchObject({
      verdict: 'unknown',
      reason: 'n4 died without being told to',
    });
  });

  it('counts beyond the claims without a defect, and does not apply without broadcasts', () => {
    expect(judge(close(send(history({}, 'f + 1 liars'), 100, 'n1', 0, 'a')))).toMatchObject({
      verdict: 'not-applicable',
      beyondClaims: 'f + 1 liars',
      violations: 1,
    });
    expect(judge(close(history())).verdict).toBe('not-applicable');
  });

  it('never flags random legal histories', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = split('bracha', seed);
      const test = history({ conditions: { byzantine: ['n4'] } });
      for (let i = 0; i < 20; i++) {
        const origin = FOUR[random.int(4)] ?? 'n1';
        const value = `v${random.int(3)}`;
        // A liar may say what it likes and to whom; the correct ones still agree, or none delivers.
        if (origin !== 'n4') send(test, 100 + i, origin, i, value);
        else test.planned(100 + i, origin, 'w', 'b', 'broadcast', value);
        if (origin === 'n4' && random.int(2) === 0) continue;
        for (const member of random.shuffle([...FOUR]))
          deliver(test, 200 + random.int(9000), [member], origin, i, value);
      }
      expect(judge(close(test)), String(seed)).toMatchObject({ verdict: 'valid', violations: 0 });
    }
  });
});
