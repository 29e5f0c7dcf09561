import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from './errors.ts';
import { parseBandwidth, parseDuration, parseInteger, parseNumber, parseRate, parseShare } from './units.ts';

test('durations in every unit, bare ones in the unit asked for', () => {
  const cases: [string, number][] = [
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['250us', 0.25],
    [' 7 ', 7],
  ];
  for (const [text, ms] of cases) expect(parseDuration(text, '--time')).toBe(ms);
  expect(parseDuration('30', '--time', { bare: 's' })).toBe(30_000);
  expect(parseDuration('-2s', '--skew', { signed: true })).toBe(-2000);
});

test('shares, rates, bandwidths, numbers', () => {
  expect(parseShare('10%', '--loss')).toBe(0.1);
  expect(parseShare('0.1', '--loss')).toBe(0.1);
  expect(parseShare('100%', '--loss')).toBe(1);
  expect(parseRate('10', '--rate')).toBe(10);
  expect(parseRate('6/min', '--rate')).toBe(0.1);
  expect(parseRate('36/h', '--rate')).toBe(0.01);
  expect(parseBandwidth('1mbit', '--bandwidth')).toBe(1e6);
  expect(parseBandwidth('64kbit', '--bandwidth')).toBe(64_000);
  expect(parseBandwidth('1mbps', '--bandwidth')).toBe(8e6);
  expect(parseInteger('12', '--nodes', 2, 100)).toBe(12);
  expect(parseNumber('-0.5', '--x', -1, 1)).toBe(-0.5);
});

const PARSERS: readonly [string, (text: string) => number][] = [
  ['duration', (text) => parseDuration(text, 'x')],
  ['share', (text) => parseShare(text, 'x')],
  ['rate', (text) => parseRate(text, 'x')],
  ['bandwidth', (text) => parseBandwidth(text, 'x')],
  ['integer', (text) => parseInteger(text, 'x', 0, 10)],
  ['number', (text) => parseNumber(text, 'x', 0, 10)],
];

test.each(PARSERS)('%s: nonsense is a UserError of one line that shows it, whatever it is', (_name, parse) => {
  for (const text of ['', ' ', 'NaN', 'Infinity', '1e3', '0x10', '1,5', '5 parsecs', '--1', '1_000', '１']) {
    expect(() => parse(text), text).toThrow(UserError);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(Number.isFinite(parse(text))).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).message).not.toMatch(/[\n\r]/);
      }
    }),
  );
});

test('out of range is said with the range', () => {
  expect(() => parseShare('1.5', '--loss')).toThrow('up to 1 (given: 1.5); write it as 0.1 or 10%');
  expect(() => parseShare('0', '--loss')).toThrow('above 0');
  expect(() => parseDuration('25h', '--time')).toThrow('out of range');
  expect(() => parseInteger('11', '--n', 1, 10)).toThrow('from 1 to 10');
  expect(() => parseRate('0', '--rate')).toThrow('--rate');
});
