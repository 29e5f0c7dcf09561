import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { createDeliveryChecker } from './delivery.ts';
import { chanceOfMean } from './tail-bound.ts';
import { claim, MEMBERS, TestHistory, type TestOptions } from './test-history.ts';

function history(rate = 0.01, extra: Partial<TestOptions> = {}, beyond?: string): TestHistory {
  const outside = beyond === undefined ? {} : { beyond: () => beyond };
  const claims = [
    claim('delivery', outside),
    claim('coverage', { strength: 'probable', rate: () => rate, ...outside }),
  ];
  return new TestHistory({
    channels: [{ name: 'r', role: 'dissemination', claims, bounds: { deliveryMs: 100 } }],
    ...extra,
  });
}

function send(test: TestHistory, atMs: number, origin: string, sequence: number, value: string): number {
  const op = test.invoke(atMs, origin, 'broadcast', 'r', 'broadcast', value);
  test.observe(atMs, origin, 'r', { kind: 'broadcast', operation: op, sequence });
  test.complete(atMs, op, 'ok', { origin, life: 1, sequence });
  return op;
}

function deliver(
  test: TestHistory,
  atMs: number,
  to: string,
  origin: string,
  sequence: number,
  value: string,
  life = 1,
) {
  return test.observe(atMs, to, 'r', { kind: 'deliver', origin, originLife: life, sequence, value });
}

function close(test: TestHistory): TestHistory {
  return test.phase(10_000, 'heal').phase(11_000, 'final').end(11_100);
}

/** `count` broadcasts, 150 ms apart, of which those chosen stay with their origin. */
function stream(test: TestHistory, count: number, isLost: (i: number) => boolean): TestHistory {
  for (let i = 0; i < count; i++) {
    const at = 100 + i * 150;
    send(test, at, 'n1', i, `x${i}`);
    for (const member of MEMBERS) if (member === 'n1' || !isLost(i)) deliver(test, at + 10, member, 'n1', i, `x${i}`);
  }
  return test;
}

const judge = (test: TestHistory, name: string) => test.property(createDeliveryChecker, name);

describe('delivery checker', () => {
  it('spares a correct history', () => {
    const test = close(stream(history(), 20, () => false));
    expect(judge(test, 'delivery')).toMatchObject({ verdict: 'valid', judged: 60, violations: 0 });
    expect(judge(test, 'coverage')).toMatchObject({
      verdict: 'valid',
      judged: 20,
      details: { residue: 0, overlap: 1 },
    });
  });

  it('spares what its origin was asked to broadcast and never answered for, and nothing else', () => {
    for (const [outcome, value, violations] of [
      ['info', 'a', 0],
      [undefined, 'a', 0],
      ['fail', 'a', 1],
      ['info', 'b', 1],
    ] as const) {
      const test = history();
      const op = test.invoke(100, 'n1', 'broadcast', 'r', 'broadcast', 'a');
      if (outcome !== undefined) test.complete(150, op, outcome);
      deliver(test, 200, 'n2', 'n1', 0, value);
      expect(judge(close(test), 'delivery'), `${outcome} ${value}`).toMatchObject({ violations });
    }
  });

  it('convicts a second delivery to the same life, and spares one to a new life', () => {
    const twice = judge(
      close(
        deliver(
          stream(history(), 3, () => false),
          900,
          'n2',
          'n1',
          1,
          'x1',
        ),
      ),
      'delivery',
    );
    expect(twice).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(twice.witness?.summary).toBe('n2 (life 1) delivered broadcast 1 of n1 twice, again at 0.900 s.');
    const reborn = stream(history(), 3, () => false)
      .member('n2', 800, 'crash')
      .up('n2', 850, 2);
    expect(judge(close(deliver(reborn, 900, 'n2', 'n1', 1, 'x1')), 'delivery').verdict).toBe('valid');
  });

  it.each([
    [7, 'ghost', 'n2 delivered broadcast 7 of n1 as "ghost" at 0.900 s, which its origin never broadcast.'],
    [2, 'ghost', 'n2 delivered broadcast 2 of n1 as "ghost" at 0.900 s, but its origin broadcast "x2".'],
  ])('convicts an invented delivery (sequence %i)', (sequence, value, words) => {
    const test = stream(history(), 2, () => false);
    send(test, 800, 'n1', 2, 'x2');
    const found = judge(close(deliver(test, 900, 'n2', 'n1', sequence, value)), 'delivery');
    expect(found).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(found.witness?.summary).toBe(words);
  });

  it('convicts a value that changes on the way, and a broadcast of a refused operation', () => {
    const test = history();
    send(test, 100, 'n1', 0, 'a');
    deliver(deliver(test, 110, 'n2', 'n1', 0, 'a'), 120, 'n3', 'n1', 0, 'b');
    expect(judge(close(test), 'delivery').witness?.summary).toBe(
      'n3 (life 1) delivered broadcast 0 of n1 as "b", others as "a".',
    );
    const refused = history();
    const op = refused.invoke(100, 'n1', 'broadcast', 'r', 'broadcast', 'a');
    refused.observe(100, 'n1', 'r', { kind: 'broadcast', operation: op, sequence: 0 }).complete(101, op, 'fail');
    expect(judge(close(deliver(refused, 110, 'n2', 'n1', 0, 'a')), 'delivery').witness?.summary).toContain('refused');
  });

  it('does not apply without broadcasts, unless something is delivered all the same', () => {
    expect(judge(close(history()), 'delivery').verdict).toBe('not-applicable');
    expect(judge(close(deliver(history(), 900, 'n2', 'n1', 0, 'a')), 'delivery').verdict).toBe('invalid');
  });

  it('does not know when nothing was delivered', () => {
    const test = history();
    test.complete(101, test.invoke(100, 'n1', 'broadcast', 'r', 'broadcast', 'a'), 'fail');
    expect(judge(close(test), 'delivery')).toMatchObject({ verdict: 'unknown', reason: 'nothing was delivered' });
    expect(judge(close(test), 'coverage')).toMatchObject({ verdict: 'unknown', reason: 'no broadcast was accepted' });
  });
});

describe('coverage', () => {
  it('convicts a residue far above the claim, and names the worst broadcast', () => {
    const found = judge(close(stream(history(0.01), 30, (i) => i % 2 === 0)), 'coverage');
    expect(found).toMatchObject({ verdict: 'invalid', judged: 30, violations: 15 });
    expect(found.witness?.summary).toBe(
      'broadcast 0 of n1, sent at 0.100 s with nothing in its way, never reached n2, n3.',
    );
  });

  it('spares a residue that chance explains, and any of a claim that allows it', () => {
    expect(judge(close(stream(history(0.01), 30, (i) => i === 3)), 'coverage').verdict).toBe('valid');
    expect(judge(close(stream(history(0.5), 30, (i) => i % 2 === 0)), 'coverage').verdict).toBe('valid');
  });

  it('takes broadcasts that spread together for fewer', () => {
    for (const [rate, missed, verdict, words] of [
      [
        0.02,
        30,
        'valid',
        'residue 100.000 % over 30 undisturbed broadcasts, above the claim of 2.000 %, but not significantly: ',
      ],
      [0.005, 30, 'unknown', 'far above the claim of 0.500 %, and too few to convict: '],
      [0.005, 0, 'valid', 'residue 0.000 % over 30 undisturbed broadcasts, the claim is 0.500 %'],
    ] as const) {
      const test = history(rate);
      for (let i = 0; i < 30; i++) send(test, 100, 'n1', i, `x${i}`);
      for (const member of MEMBERS) {
        for (let i = member === 'n1' ? 0 : missed; i < 30; i++) deliver(test, 110, member, 'n1', i, `x${i}`);
      }
      const found = judge(close(test), 'coverage');
      expect(found).toMatchObject({ verdict, details: { overlap: 30 } });
      expect(found.reason).toContain(words);
    }
  });

  it('judges only broadcasts that no fault touched, and measures the others', () => {
    const fault = { id: 'f', type: 'loss', links: 'all', probability: 0.5, atMs: 0, untilMs: 9000 } as const;
    const all = history(0.01, { faults: [fault] })
      .fault(0, 'f', 'loss', 'start')
      .fault(9000, 'f', 'loss', 'end');
    const touched = judge(close(stream(all, 30, (i) => i % 2 === 0)), 'coverage');
    expect(touched).toMatchObject({
      verdict: 'not-applicable',
      judged: 0,
      details: { touched: 30, touchedPairs: 90, touchedMissed: 30 },
    });
    const part = history(0.01, { faults: [fault] })
      .fault(0, 'f', 'loss', 'start')
      .fault(700, 'f', 'loss', 'end');
    expect(judge(close(stream(part, 30, (i) => i < 3)), 'coverage')).toMatchObject({
      verdict: 'valid',
      judged: 26,
      details: { touched: 4 },
    });
  });

  it('does not judge while a member is down, nor what had no time to spread', () => {
    const down = stream(history(0.01).member('n3', 50, 'crash').up('n3', 9000, 1, 2), 30, (i) => i % 2 === 0);
    expect(judge(close(down), 'coverage').verdict).toBe('not-applicable');
    const cut = history(0.01);
    send(cut, 100, 'n1', 0, 'x');
    expect(judge(cut.end(150, 'interrupted'), 'coverage')).toMatchObject({ verdict: 'unknown' });
  });

  it('waits, in a suite, until everybody believes everybody up', () => {
    const channels = [
      { name: 's', role: 'membership' },
      {
        name: 'r',
        role: 'dissemination',
        claims: [claim('coverage', { strength: 'probable' as const, rate: () => 0.01 })],
        bounds: { deliveryMs: 100 },
      },
    ];
    const test = history(0.01, { channels });
    for (const member of MEMBERS) {
      for (const subject of MEMBERS) {
        const atMs = member === 'n3' ? 2000 : 10;
        test.observe(atMs, member, 's', { kind: 'status', subject, subjectLife: 1, status: 'alive', incarnation: 0 });
      }
    }
    const found = judge(close(stream(test, 30, (i) => 100 + i * 150 < 2000)), 'coverage');
    expect(found).toMatchObject({ verdict: 'valid', judged: 17, details: { touched: 13 } });
  });

  it('counts beyond the claims without a defect', () => {
    const found = judge(close(stream(history(0.01, {}, 'too small'), 30, (i) => i % 2 === 0)), 'coverage');
    expect(found).toMatchObject({ verdict: 'not-applicable', beyondClaims: 'too small', violations: 15 });
  });

  it('never flags runs whose broadcasts keep to the rate, whole broadcasts lost at once', () => {
    const random = split('coverage');
    const found = Array.from({ length: 200 }, () => {
      const test = close(stream(history(0.1), 60, () => random.next() < 0.1));
      return judge(test, 'coverage').verdict;
    });
    expect(found).not.toContain('invalid');
    // No evidence for the claim, at a chance of a hundredth.
    expect(found.filter((verdict) => verdict !== 'valid').length).toBeLessThanOrEqual(4);
  });
});

describe('chanceOfMean', () => {
  it('bounds the exact binomial tail from above, and not by far', () => {
    for (const [n, k, p] of [
      [20, 10, 0.1],
      [100, 20, 0.05],
      [50, 40, 0.5],
    ] as const) {
      const exact = binomialTail(n, k, p);
      const bound = chanceOfMean(k / n, p, n);
      expect(bound).toBeGreaterThanOrEqual(exact);
      expect(bound).toBeLessThan(exact * 30);
    }
  });

  it('is 1 within the rate and 0 where none is allowed', () => {
    expect(chanceOfMean(0.1, 0.1, 1000)).toBe(1);
    expect(chanceOfMean(0.01, 0, 1)).toBe(0);
  });
});

function binomialTail(n: number, k: number, p: number): number {
  let term = (1 - p) ** n;
  let tail = k === 0 ? term : 0;
  for (let i = 1; i <= n; i++) {
    term *= ((n - i + 1) / i) * (p / (1 - p));
    if (i >= k) tail += term;
  }
  return tail;
}
