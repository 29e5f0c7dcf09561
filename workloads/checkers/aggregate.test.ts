/** Aggregation's checker against histories written by hand: each violation is convicted, a correct one is spared. */
import { describe, expect, it } from 'vitest';
import type { JudgedChannel } from '../../harness/model/checker.ts';
import { createAggregateChecker } from './aggregate.ts';
import { claim, TestHistory, type TestOptions } from './test-history.ts';

const CHANNEL = 'aggregation';
const SETTINGS = { intervalMs: 100, cyclesPerEpoch: 20, entryCycles: 5, leaders: 24 };
const OPTIONS: TestOptions = {
  members: ['n1', 'n2'],
  channels: [
    {
      name: CHANNEL,
      role: 'aggregation',
      claims: [claim('mass-conservation'), claim('estimate', { strength: 'probable', rate: () => 0.01 })],
      bounds: { convergenceMs: 5000 },
    },
  ],
};

interface Changes {
  readonly seconds?: Partial<{ value: number; exchange: number; silent: boolean; twice: boolean }>;
  readonly final?: Partial<{ value: number; average: number; max: number; count: number | null; pending: number }>;
  readonly input?: number;
  readonly read?: number;
  readonly only?: string;
  /** It was in an epoch of that number before, alone, and lost it with its state. */
  readonly reborn?: boolean;
}

/** n1 (10) and n2 (20) exchange once and end the epoch with 15 each; the changes concern n2, the responder. */
function history(changes: Changes = {}, options: TestOptions = OPTIONS): TestHistory {
  const test = new TestHistory(options);
  const set = (atMs: number, member: string, value: number): void => {
    const op = test.invoke(atMs, member, 'aggregate', CHANNEL, 'set', value);
    test.complete(atMs + 1, op, 'ok');
  };
  set(10, 'n1', 10);
  set(20, 'n2', 7);
  set(30, 'n2', 20);
  if (changes.reborn === true) {
    test.observe(100, 'n2', CHANNEL, { kind: 'epoch', epoch: 1, input: 20, part: 1 });
    test.member('n2', 200, 'crash').up('n2', 300, 2);
  }
  const input = changes.input ?? 20;
  const healAtMs = 10_000;
  test.phase(healAtMs, 'heal');
  const from = healAtMs + 1000;
  test.observe(from, 'n1', CHANNEL, { kind: 'epoch', epoch: 1, input: 10, part: 1 });
  if (changes.only !== 'n1') test.observe(from, 'n2', CHANNEL, { kind: 'epoch', epoch: 1, input, part: 1 });
  const ids = { epoch: 1, initiator: 'n1', initiatorLife: 1, responder: 'n2', exchange: 1 };
  const seconds = { value: -5, weight: 0, part: 0, ...changes.seconds };
  const { silent = false, twice = false, ...moved } = seconds;
  if (!silent) test.observe(from + 50, 'n2', CHANNEL, { kind: 'transfer', ...ids, ...moved });
  if (twice) test.observe(from + 60, 'n2', CHANNEL, { kind: 'transfer', ...ids, ...moved });
  test.observe(from + 52, 'n1', CHANNEL, { kind: 'transfer', ...ids, value: 5, weight: 0, part: 0 });
  const good = {
    average: 15,
    sum: 30,
    count: 2,
    max: 20,
    min: 10,
    cycles: 20,
    pending: 0,
    value: 15,
    weight: 1,
    part: 1,
  };
  test.observe(from + 2000, 'n1', CHANNEL, { kind: 'estimate', epoch: 1, ...good });
  if (changes.only !== 'n1') {
    test.observe(from + 2000, 'n2', CHANNEL, { kind: 'estimate', epoch: 1, ...good, ...changes.final });
  }
  const read = test.invoke(from + 2100, 'n2', 'aggregate', CHANNEL, 'read', null);
  const { average, sum, count, max, min } = { ...good, ...changes.final };
  const found = { epoch: 1, average: changes.read ?? average, sum, count, max, min };
  test.complete(from + 2101, read, 'ok', changes.only === 'n1' ? null : found);
  return test.phase(healAtMs + 9000, 'final').end(healAtMs + 9100);
}

/** Checks with the settings of a real channel. */
function verdicts(test: TestHistory): Record<string, [verdict: string, summary: string | undefined]> {
  const properties = test.check((context) => {
    const channels = context.channels.map(
      (channel): JudgedChannel => ({ ...channel, plan: { ...channel.plan, settings: SETTINGS } }),
    );
    return createAggregateChecker({ ...context, channels });
  });
  return Object.fromEntries(properties.map((one) => [one.name, [one.verdict, one.witness?.summary] as const]));
}

describe('mass-conservation', () => {
  const mass = (changes: Changes) => verdicts(history(changes))['mass-conservation'];

  it('spares a correct history', () => {
    expect(mass({})).toEqual(['valid', undefined]);
  });

  it.each<[string, Changes, string]>([
    ['sides that differ', { seconds: { value: -4 }, final: { value: 16 } }, 'do not add up'],
    ['a side twice', { seconds: { twice: true }, final: { value: 10 } }, 'twice'],
    ['a side that never was', { seconds: { silent: true }, final: { value: 20 } }, 'one side only'],
    ['mass that no exchange explains', { final: { value: 15.1 } }, 'come to 15'],
  ])('convicts %s', (_, changes, words) => {
    const [verdict, summary] = mass(changes) ?? [];
    expect(verdict).toBe('invalid');
    expect(summary).toContain(words);
  });

  it('leaves alone what its initiator says is pending', () => {
    const test = new TestHistory(OPTIONS);
    test.planned(1, 'n1', 'aggregate', CHANNEL, 'set', 1);
    for (const member of ['n1', 'n2'])
      test.observe(10, member, CHANNEL, { kind: 'epoch', epoch: 1, input: 0, part: 0 });
    const ids = { epoch: 1, initiator: 'n1', initiatorLife: 1, responder: 'n2', exchange: 1 };
    test.observe(20, 'n2', CHANNEL, { kind: 'transfer', ...ids, value: 1, weight: 0, part: 0 });
    const good = { average: 0, sum: 0, count: 2, max: 0, min: 0, cycles: 20, weight: 1, part: 0 };
    test.observe(2000, 'n1', CHANNEL, { kind: 'estimate', epoch: 1, ...good, value: 0, pending: 1 });
    test.observe(2000, 'n2', CHANNEL, { kind: 'estimate', epoch: 1, ...good, value: 1, pending: 0 });
    expect(verdicts(test.end(3000))['mass-conservation']).toEqual(['valid', undefined]);
  });

  it('does not know where nothing moved', () => {
    const test = new TestHistory(OPTIONS).planned(1, 'n1', 'aggregate', CHANNEL, 'set', 1).end(100);
    expect(verdicts(test)['mass-conservation']?.[0]).toBe('unknown');
  });
});

describe('estimate', () => {
  const estimate = (changes: Changes) => verdicts(history(changes)).estimate;

  it('spares a correct history', () => {
    expect(estimate({})).toEqual(['valid', undefined]);
    expect(estimate({ final: { average: 15.09 } })?.[0]).toBe('valid');
  });

  it('tells an epoch from one of the same number that all who knew it have lost', () => {
    expect(estimate({ reborn: true })).toEqual(['valid', undefined]);
    expect(estimate({ reborn: true, final: { average: 15.2 } })?.[1]).toContain('average 15.2');
  });

  it.each<[string, Changes, string]>([
    ['an average that is off', { final: { average: 15.2 } }, 'average 15.2'],
    ['a maximum that is none any more', { final: { max: 21 } }, 'max 21'],
    ['a count that is off', { final: { count: 3 } }, 'count 3'],
    ['no count where everybody leads', { final: { count: null } }, 'count null'],
    ['an input that was replaced', { input: 7 }, 'replaced before'],
    ['an input that nobody set', { input: 8 }, 'nobody set'],
    ['a read of what was not found', { read: 14 }, 'had not found'],
    ['a member left out for longer than the bound', { only: 'n1' }, 'No epoch went through'],
  ])('convicts %s', (_, changes, words) => {
    const [verdict, summary] = estimate(changes) ?? [];
    expect(verdict).toBe('invalid');
    expect(summary).toContain(words);
  });

  it('judges no epoch that a fault touched', () => {
    const faults = [
      { id: 'loss-1', type: 'loss', atMs: 11_500, untilMs: 11_600, links: 'all', probability: 0.5 } as never,
    ];
    const touched = history({ final: { average: 16 } }, { ...OPTIONS, faults });
    touched.lines.splice(3, 0, { type: 'fault', time: 11_500e6, fault: 'loss-1', kind: 'loss', event: 'start' });
    touched.lines.splice(4, 0, { type: 'fault', time: 11_600e6, fault: 'loss-1', kind: 'loss', event: 'end' });
    const found = verdicts(touched).estimate;
    expect(found?.[1] ?? '').not.toContain('average');
  });
});
