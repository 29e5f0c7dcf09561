import { describe, expect, it } from 'vitest';
import { split } from '../../harness/model/rng.ts';
import { createRegisterChecker } from './register.ts';
import { claim, MEMBERS, TestHistory, type TestOptions } from './test-history.ts';

const PROPERTIES = ['lost-writes', 'phantom-values', 'stale-reads', 'version-order'] as const;

function history(extra: Partial<TestOptions> = {}, beyond?: string): TestHistory {
  const claims = PROPERTIES.map((property) => claim(property, beyond === undefined ? {} : { beyond: () => beyond }));
  const bounds = { convergenceMs: 1000 };
  return new TestHistory({ channels: [{ name: 'map', role: 'map', converges: true, claims, bounds }], ...extra });
}

function write(test: TestHistory, atMs: number, member: string, key: string, value: string, version: string): number {
  const op = test.invoke(atMs, member, 'register', 'map', 'write', { key, value });
  test.observe(atMs + 1, member, 'map', { kind: 'apply', key, version, operation: op });
  test.complete(atMs + 2, op, 'ok', { version });
  return op;
}

function read(
  test: TestHistory,
  atMs: number,
  member: string,
  key: string,
  value: string | null,
  version: string | null,
) {
  const op = test.invoke(atMs, member, 'register', 'map', 'read', { key });
  return test.complete(atMs + 1, op, 'ok', { value, version });
}

function spread(test: TestHistory, atMs: number, key: string, version: string, except: string, deleted = false): void {
  for (const member of MEMBERS) {
    if (member === except) continue;
    test.observe(atMs, member, 'map', { kind: 'apply', key, version, ...(deleted ? { deleted: true as const } : {}) });
  }
}

function finish(
  test: TestHistory,
  view: { [key: string]: [string, string | null] },
  at: { [member: string]: { [key: string]: [string, string | null] } } = {},
): TestHistory {
  test.phase(10_000, 'heal').phase(12_000, 'final');
  for (const member of MEMBERS) test.view(12_001, member, 9, 'map', 'd', at[member] ?? view);
  return test.end(12_100);
}

const verdicts = (test: TestHistory) =>
  Object.fromEntries(test.check(createRegisterChecker).map((property) => [property.name, property.verdict]));

const property = (test: TestHistory, name: string) => test.property(createRegisterChecker, name);

/** One write that everybody has, and a read of it. */
function plain(extra: Partial<TestOptions> = {}, beyond?: string): TestHistory {
  const test = history(extra, beyond);
  write(test, 100, 'n1', 'k1', 'a', 'v1');
  spread(test, 150, 'k1', 'v1', 'n1');
  read(test, 200, 'n2', 'k1', 'a', 'v1');
  return test;
}

describe('register checker', () => {
  it('spares a correct history', () => {
    const test = finish(plain(), { k1: ['v1', 'a'] });
    expect(verdicts(test)).toEqual(Object.fromEntries(PROPERTIES.map((name) => [name, 'valid'])));
    const lost = property(test, 'lost-writes');
    expect(lost).toMatchObject({ judged: 1, violations: 0 });
    expect(lost.details).toMatchObject({ neverRead: 0, notObliged: 0, allMs: { count: 1, p50: 50 } });
  });

  it('convicts a write that nobody holds at the end', () => {
    const found = property(finish(plain(), {}), 'lost-writes');
    expect(found).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(found.witness?.summary).toBe(
      'Lost: the write of a to k1 by n1, acknowledged at 0.102 s as version v1; no correct member holds it or a newer version at the end.',
    );
    expect(found.witness?.lines[0]).toMatchObject({ type: 'invoke', member: 'n1', value: { key: 'k1', value: 'a' } });
  });

  it('convicts a write that one member lacks once the time for convergence has passed', () => {
    const found = property(finish(plain(), { k1: ['v1', 'a'] }, { n3: {} }), 'lost-writes');
    expect(found.verdict).toBe('invalid');
    expect(found.witness?.summary).toContain('not n3, though time for convergence has passed');
  });

  it('does not know about such a write when that time has not passed', () => {
    const claims = [claim('lost-writes')];
    const channels = [{ name: 'map', role: 'map', claims, bounds: { convergenceMs: 60_000 } }];
    const found = property(finish(plain({ channels }), { k1: ['v1', 'a'] }, { n3: {} }), 'lost-writes');
    expect(found).toMatchObject({ verdict: 'unknown', violations: 0 });
    expect(found.reason).toContain('1 write had not reached every member');
  });

  it('takes a newer version or a concurrent winner for the write', () => {
    const test = plain();
    write(test, 300, 'n3', 'k1', 'b', 'v2');
    spread(test, 350, 'k1', 'v2', 'n3');
    expect(property(finish(test, { k1: ['v2', 'b'] }), 'lost-writes').verdict).toBe('valid');
  });

  it('convicts a deletion that came back, and spares one that was forgotten altogether', () => {
    for (const [view, verdict] of [
      [{ k1: ['v1', 'a'] }, 'invalid'],
      [{}, 'valid'],
    ] as const) {
      const test = plain();
      const op = test.invoke(300, 'n3', 'register', 'map', 'delete', { key: 'k1' });
      test.observe(301, 'n3', 'map', { kind: 'apply', key: 'k1', version: 'v2', deleted: true, operation: op });
      test.complete(302, op, 'ok', { version: 'v2' });
      spread(test, 350, 'k1', 'v2', 'n3', true);
      expect(property(finish(test, view as never), 'lost-writes').verdict).toBe(verdict);
    }
  });

  it('does not oblige a write that died with the only life that had it, and counts it', () => {
    const test = history({ conditions: { livesLost: ['n1'] } });
    write(test, 100, 'n1', 'k1', 'a', 'v1');
    test.member('n1', 110, 'crash').up('n1', 200, 2);
    const found = property(finish(test, {}), 'lost-writes');
    expect(found).toMatchObject({ verdict: 'valid', details: { notObliged: 1, neverRead: 1 } });
  });

  it('obliges it when another member had applied it, or when the life was restored', () => {
    const applied = history();
    write(applied, 100, 'n1', 'k1', 'a', 'v1');
    applied.observe(105, 'n2', 'map', { kind: 'apply', key: 'k1', version: 'v1' });
    applied.member('n1', 110, 'crash').up('n1', 200, 2);
    expect(property(finish(applied, {}), 'lost-writes').verdict).toBe('invalid');
    const restored = history();
    write(restored, 100, 'n1', 'k1', 'a', 'v1');
    restored.member('n1', 110, 'crash').up('n1', 200, 1, 2);
    expect(property(finish(restored, {}), 'lost-writes').verdict).toBe('invalid');
  });

  it('does not know about loss when the run was interrupted or the history cut off', () => {
    expect(property(plain().end(300, 'interrupted'), 'lost-writes')).toMatchObject({ verdict: 'unknown' });
    const cut = plain();
    expect(property(cut, 'lost-writes')).toMatchObject({
      verdict: 'unknown',
      reason: 'the history was cut off before its end',
    });
  });

  it('reports violations beyond the claims without a defect', () => {
    const found = property(finish(plain({}, 'too many faults'), {}), 'lost-writes');
    expect(found).toMatchObject({ verdict: 'not-applicable', beyondClaims: 'too many faults', violations: 1 });
    expect(found.witness).toBeDefined();
  });

  it('does not apply without operations, and does not know when all failed', () => {
    for (const { verdict } of finish(history(), {}).check(createRegisterChecker))
      expect(verdict).toBe('not-applicable');
    const failed = history();
    failed.complete(101, failed.invoke(100, 'n1', 'register', 'map', 'write', { key: 'k1', value: 'a' }), 'fail');
    expect(property(finish(failed, {}), 'lost-writes')).toMatchObject({
      verdict: 'unknown',
      reason: 'no write was acknowledged',
    });
  });

  it('says nothing about what is not claimed', () => {
    const channels = [{ name: 'map', role: 'map', claims: [claim('lost-writes', { strength: 'none' })] }];
    expect(finish(plain({ channels }), {}).check(createRegisterChecker)).toEqual([]);
  });

  it.each([
    ['a value that nobody wrote', 'ghost', 'v1', 'was shown as ghost, which nobody wrote'],
    ['a value under the version of another', 'b', 'v1', 'was shown as b, and its operation wrote a'],
    ['a value as deleted', null, 'v1', 'was shown as null, and its operation wrote a'],
    ['a version that nobody made', 'a', 'v9', 'was shown as a, which is version v1'],
  ])('convicts a read of %s', (_, value, version, words) => {
    const test = history();
    write(test, 100, 'n1', 'k1', 'a', 'v1');
    write(test, 110, 'n1', 'k1', 'b', 'v2');
    read(test, 200, 'n2', 'k1', value, version);
    const found = property(finish(test, { k1: ['v2', 'b'] }), 'phantom-values');
    expect(found).toMatchObject({ verdict: 'invalid', violations: 1 });
    expect(found.witness?.summary).toContain(words);
  });

  it('asks nothing of a plan that only reads, and convicts what shows up all the same', () => {
    const test = history();
    read(test, 200, 'n2', 'k1', null, null);
    expect(verdicts(finish(test, {}))).toEqual({
      'lost-writes': 'not-applicable',
      'phantom-values': 'not-applicable',
      'stale-reads': 'valid',
      'version-order': 'not-applicable',
    });
    const haunted = history();
    read(haunted, 200, 'n2', 'k1', 'x', 'v1');
    expect(property(finish(haunted, {}), 'phantom-values').verdict).toBe('invalid');
  });

  it('convicts a final view with an invented value, and one with a value of another key', () => {
    const invented = property(finish(plain(), { k1: ['v1', 'a'], k2: ['v7', 'x'] }), 'phantom-values');
    expect(invented.witness?.summary).toBe('Version v7 of k2 was shown as x, which nobody wrote.');
    expect(invented.witness?.lines).toEqual([
      { type: 'view', time: 12_001e6, member: 'n1', view: { k2: ['v7', 'x'] } },
    ]);
    const moved = property(finish(plain(), { k1: ['v1', 'a'], k2: ['v7', 'a'] }), 'phantom-values');
    expect(moved.witness?.summary).toContain('which was written to k1');
  });

  it('convicts one version shown with two values', () => {
    const test = plain();
    write(test, 210, 'n1', 'k2', 'b', 'v2');
    read(test, 250, 'n3', 'k1', 'b', 'v1');
    const found = property(finish(test, { k1: ['v1', 'a'], k2: ['v2', 'b'] }), 'phantom-values');
    expect(found.witness?.summary).toBe('n3 read at 0.251 s "b" as version v1 of k1, shown before as a.');
  });

  it('convicts a failed write that shows up, and spares one of unknown outcome', () => {
    for (const [outcome, verdict] of [
      ['fail', 'invalid'],
      ['info', 'valid'],
    ] as const) {
      const test = history();
      const op = test.invoke(100, 'n1', 'register', 'map', 'write', { key: 'k1', value: 'a' });
      test.complete(200, op, outcome);
      read(test, 300, 'n2', 'k1', 'a', 'v1');
      expect(property(finish(test, { k1: ['v1', 'a'] }), 'phantom-values').verdict).toBe(verdict);
    }
  });

  it('spares what a client that was never answered has written or deleted, seen only where it was applied', () => {
    for (const [f, deleted, verdict] of [
      ['write', undefined, 'valid'],
      ['delete', true, 'valid'],
      ['write', true, 'invalid'],
      ['delete', undefined, 'invalid'],
    ] as const) {
      const test = history();
      const value = f === 'write' ? { key: 'k1', value: 'a' } : { key: 'k1' };
      const op = test.invoke(100, 'n1', 'register', 'map', f, value);
      test.complete(200, op, 'info');
      test.observe(150, 'n2', 'map', { kind: 'apply', key: 'k1', version: 'v1', deleted });
      write(test, 300, 'n1', 'k1', 'b', 'v2');
      expect(property(finish(test, { k1: ['v2', 'b'] }), 'phantom-values').verdict, `${f} ${deleted}`).toBe(verdict);
    }
  });

  it('convicts a read behind what the same life has applied, read or acknowledged', () => {
    const test = plain();
    write(test, 300, 'n3', 'k1', 'b', 'v2');
    read(test, 400, 'n3', 'k1', 'a', 'v1');
    const found = property(finish(test, { k1: ['v2', 'b'] }), 'stale-reads');
    expect(found).toMatchObject({ verdict: 'invalid', violations: 1, judged: 2 });
    expect(found.witness?.summary).toBe('n3 (life 1) read version v1 of k1 at 0.401 s, after version v2 at 0.301 s.');
    const forgot = plain();
    read(forgot, 400, 'n2', 'k1', null, null);
    expect(property(finish(forgot, { k1: ['v1', 'a'] }), 'stale-reads').witness?.summary).toContain(
      'n2 (life 1) read nothing',
    );
  });

  it('measures a read behind other members, and spares it; a new life may know nothing', () => {
    const test = plain();
    write(test, 300, 'n3', 'k1', 'b', 'v2');
    read(test, 400, 'n2', 'k1', 'a', 'v1');
    test.member('n2', 410, 'crash').up('n2', 420, 2);
    read(test, 430, 'n2', 'k1', null, null);
    expect(property(finish(test, { k1: ['v2', 'b'] }), 'stale-reads')).toMatchObject({
      verdict: 'valid',
      details: { behindOthers: 2 },
    });
  });

  it('convicts a version that goes back, and spares the replay of a restored life', () => {
    for (const restarted of [false, true]) {
      const test = plain();
      write(test, 300, 'n3', 'k1', 'b', 'v2');
      if (restarted) test.member('n3', 310, 'crash').up('n3', 320, 1, 2);
      test.observe(400, 'n3', 'map', { kind: 'apply', key: 'k1', version: 'v1' });
      const found = property(finish(test, { k1: ['v2', 'b'] }), 'version-order');
      expect(found.verdict).toBe(restarted ? 'valid' : 'invalid');
      if (!restarted) {
        expect(found.witness?.summary).toBe('n3 (life 1) went back from version v2 of k1 to v1 at 0.400 s.');
      }
    }
  });

  it('convicts one version for two writes, and two versions for one', () => {
    const shared = plain();
    write(shared, 300, 'n2', 'k1', 'b', 'v1');
    expect(property(finish(shared, { k1: ['v1', 'a'] }), 'version-order').witness?.summary).toContain(
      'Version v1 stands for more than one write',
    );
    const double = plain();
    double.observe(300, 'n1', 'map', { kind: 'apply', key: 'k1', version: 'v5', operation: 0 });
    expect(property(finish(double, { k1: ['v5', 'a'] }), 'version-order').witness?.summary).toBe(
      'Operation 0 has two versions, v1 and v5.',
    );
  });

  it('never flags random legal histories', () => {
    for (let seed = 0; seed < 200; seed++) {
      const test = randomLegalHistory(seed);
      for (const result of test.check(createRegisterChecker)) {
        expect(result.violations, `${seed} ${result.name}: ${result.witness?.summary}`).toBe(0);
        expect(result.verdict, `${seed} ${result.reason}`).toBe('valid');
      }
    }
  });

  it('convicts each random history from whose end one key was taken', () => {
    let convicted = 0;
    for (let seed = 0; seed < 50; seed++) {
      const test = randomLegalHistory(seed, true);
      if (property(test, 'lost-writes').verdict === 'invalid') convicted++;
    }
    expect(convicted).toBe(50);
  });
});

/** Last-writer-wins maps that exchange entries at random, restart with and without state, and agree in the end. */
function randomLegalHistory(seed: number, dropKey = false): TestHistory {
  const random = split('legal', seed);
  const test = history({ conditions: { livesLost: ['n3'] } });
  const maps = new Map(MEMBERS.map((name) => [name as string, new Map<string, [string, string | null]>()]));
  const lives = new Map(MEMBERS.map((name) => [name as string, 1]));
  let serial = 0;
  let now = 10;
  const take = (member: string, key: string, entry: [string, string | null], operation?: number): void => {
    const map = maps.get(member);
    if (map === undefined || (map.get(key)?.[0] ?? '') >= entry[0]) return;
    map.set(key, entry);
    test.observe(now, member, 'map', {
      kind: 'apply',
      key,
      version: entry[0],
      ...(entry[1] === null ? { deleted: true as const } : {}),
      ...(operation === undefined ? {} : { operation }),
    });
  };
  const exchange = (from: string, to: string): void => {
    for (const [key, entry] of maps.get(from) ?? []) take(to, key, entry);
  };
  for (let step = 0; step < 80; step++, now += 5) {
    const member = MEMBERS[random.int(3)] ?? 'n1';
    const key = `k${random.int(4)}`;
    const choice = random.int(10);
    if (choice < 3) {
      const f = choice === 0 ? 'delete' : 'write';
      const value = f === 'delete' ? null : `x${serial}`;
      const op = test.invoke(now, member, 'register', 'map', f, f === 'delete' ? { key } : { key, value });
      if (random.int(10) === 0) {
        test.complete(now + 1, op, 'fail');
        continue;
      }
      const version = `${String(now).padStart(6, '0')}-${String(serial++).padStart(4, '0')}`;
      take(member, key, [version, value], op);
      if (random.int(8) === 0) test.complete(now + 1, op, 'info');
      else test.complete(now + 1, op, 'ok', { version });
    } else if (choice < 6) {
      const [version, value] = maps.get(member)?.get(key) ?? [null, null];
      read(test, now, member, key, value, version);
    } else if (choice < 9) exchange(member, MEMBERS[random.int(3)] ?? 'n2');
    else if (random.int(5) === 0) {
      const lost = member === 'n3';
      const life = (lives.get(member) ?? 1) + (lost ? 1 : 0);
      test.member(member, now, 'crash').up(member, now + 1, life, lost ? 1 : 2 + step);
      lives.set(member, life);
      if (lost) maps.get(member)?.clear();
    }
  }
  if (dropKey) {
    write(test, now, 'n1', 'kept', 'kept', 'zzz');
    test.observe(now + 3, 'n2', 'map', { kind: 'apply', key: 'kept', version: 'zzz' });
  }
  now = 10_500;
  for (let round = 0; round < 3; round++) for (const a of MEMBERS) for (const b of MEMBERS) exchange(a, b);
  const final = Object.fromEntries([...(maps.get('n1') ?? [])].filter(([key]) => key !== 'kept'));
  return finish(test, final);
}
