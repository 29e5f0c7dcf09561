import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULT_TYPES } from '../harness/model/fault.ts';
import type { Nemesis, NemesisContext } from '../harness/model/nemesis.ts';
import { split } from '../harness/model/rng.ts';
import { NEMESES } from './registry.ts';

const MEMBERS = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
const BEHAVIOURS = new Map([
  ['equivocate', ['bracha']],
  ['withhold', ['bracha']],
]);

const contextOf = (nemesis: Nemesis, seed: string): NemesisContext => ({
  members: MEMBERS,
  timeMs: 60_000,
  random: split(seed, 'nemesis', nemesis.type),
  windows: [
    { atMs: 1000, untilMs: 26_000 },
    { atMs: 30_000, untilMs: 60_000 },
  ],
  behaviours: BEHAVIOURS,
  tolerated: () => ({ all: 2, some: 2 }),
  withoutState: false,
});

test('every kind of fault can be planned, and types, flags and colours are distinct', () => {
  const planned = new Set(NEMESES.map((nemesis) => nemesis.type));
  for (const type of FAULT_TYPES) if (type !== 'leave') expect(planned).toContain(type);
  for (const key of ['type', 'flag', 'colour'] as const) {
    expect(new Set(NEMESES.map((nemesis) => nemesis[key])).size, key).toBe(NEMESES.length);
  }
});

test('colours can be told from white: contrast of at least 1.5', () => {
  for (const { colour, type } of NEMESES) {
    const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
    const [r = 0, g = 0, b = 0] = channels.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    expect(1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05), type).toBeGreaterThan(1.5);
  }
});

test('drawn arguments plan faults with known victims inside the windows, alike for the same seed', () => {
  fc.assert(
    fc.property(fc.constantFrom(...NEMESES), fc.string(), (nemesis, seed) => {
      const argument = nemesis.draw(split(seed, 'draw', nemesis.type), MEMBERS);
      const faults = nemesis.plan(argument, contextOf(nemesis, seed));
      expect(faults.length).toBeGreaterThan(0);
      const { windows, timeMs } = contextOf(nemesis, seed);
      // Drawn liars may lie from start to end.
      const allowed = nemesis.type === 'byzantine' ? [...windows, { atMs: 0, untilMs: timeMs }] : windows;
      for (const fault of faults) {
        expect(fault.untilMs).toBeGreaterThan(fault.atMs);
        expect(allowed.some(({ atMs, untilMs }) => fault.atMs >= atMs && fault.untilMs <= untilMs)).toBe(true);
        if ('targets' in fault) {
          expect(fault.targets.length).toBeGreaterThan(0);
          for (const target of fault.targets) expect(MEMBERS).toContain(target);
        }
      }
      expect(nemesis.plan(argument, contextOf(nemesis, seed))).toEqual(faults);
    }),
  );
});

const planned = (type: string, text: string | true) => {
  const nemesis = NEMESES.find((candidate) => candidate.type === type);
  if (nemesis === undefined) throw new Error(type);
  return nemesis.plan(nemesis.parse(text), contextOf(nemesis, 'a'))[0];
};

test('flags mean what they say', () => {
  expect(planned('loss', '10%,5')).toMatchObject({ type: 'loss', links: 'all', probability: 0.1, burst: 5 });
  expect(planned('delay', '100ms,20ms')).toMatchObject({ delayMs: 100, jitterMs: 20 });
  expect(planned('delay', '50')).toMatchObject({ delayMs: 50, jitterMs: 0 });
  expect(planned('duplicate', '0.2')).toMatchObject({ probability: 0.2 });
  expect(planned('reorder', '0.2')).toMatchObject({ probability: 0.2, holdMs: 50 });
  expect(planned('corrupt', '5%')).toMatchObject({ probability: 0.05 });
  expect(planned('bandwidth', '1mbit')).toMatchObject({ bitsPerSecond: 1e6 });
  expect(planned('clock-drift', '1.1')).toMatchObject({ factor: 1.1 });
  expect(planned('timer-drift', '0.9')).toMatchObject({ factor: 0.9 });
  expect(planned('clock-strobe', '500ms')).toMatchObject({ skewMs: 500, everyMs: 200 });
  expect(planned('clock-strobe', '2s,50ms')).toMatchObject({ skewMs: 2000, everyMs: 50 });
  expect(planned('cpu', '2%')).toMatchObject({ share: 0.02 });
  expect(planned('disk-full', 'n3')).toMatchObject({ targets: ['n3'] });
  expect(planned('pause', 'n2')).toMatchObject({ targets: ['n2'] });
  expect(planned('slow', '2')).toMatchObject({ blockMs: 1024, everyMs: 1280 });
  expect(planned('kill', true)).toMatchObject({ restart: 'with-state' });
  expect(planned('byzantine', '2:withhold')).toMatchObject({ channel: 'bracha', behaviour: 'withhold' });
});

test('skewed clocks go ahead and behind in turn', () => {
  const nemesis = NEMESES.find((candidate) => candidate.type === 'clock-skew') as Nemesis;
  const faults = nemesis.plan(nemesis.parse('2s'), contextOf(nemesis, 'a')).slice(0, 2);
  expect(faults.map((fault) => (fault.type === 'clock-skew' ? fault.skewMs : 0))).toEqual([2000, -2000]);
  const victims = faults.flatMap((fault) => ('targets' in fault ? fault.targets : []));
  expect(new Set(victims).size).toBe(2);
});

test('all liars, an unknown lie, and a lie that no protocol knows are mistakes', () => {
  const nemesis = NEMESES.find((candidate) => candidate.type === 'byzantine') as Nemesis;
  expect(() => nemesis.plan(nemesis.parse('7'), contextOf(nemesis, 'a'))).toThrow(/nobody is left/);
  expect(() => nemesis.plan(nemesis.parse('1:flatter'), contextOf(nemesis, 'a'))).toThrow(/equivocate, withhold/);
  const none = { ...contextOf(nemesis, 'a'), behaviours: new Map() };
  expect(() => nemesis.plan(nemesis.parse('1'), none)).toThrow(/--protocol bracha/);
});

test('liars are the same ones in every window, with the same lies', () => {
  const nemesis = NEMESES.find(({ type }) => type === 'byzantine');
  if (nemesis === undefined) throw new Error('nobody lies');
  for (const seed of ['a', 'b', 'c', 'd', 'e']) {
    const context = contextOf(nemesis, seed);
    const faults = nemesis.plan(nemesis.parse('2'), context);
    const inWindow = context.windows.map(({ atMs, untilMs }) =>
      faults
        .filter((fault) => fault.atMs === atMs && fault.untilMs === untilMs)
        .map((fault) => ({ ...fault, atMs: 0, untilMs: 0 })),
    );
    expect(inWindow[0]?.length).toBeGreaterThan(0);
    expect(inWindow[1]).toEqual(inWindow[0]);
    expect(faults).toHaveLength(inWindow.flat().length);
  }
});
