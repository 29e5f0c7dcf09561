import { expect, test } from 'vitest';
import { split } from '../harness/model/rng.ts';
import { chooseVictims, minorityOf, parseTargets, pickThird } from './targets.ts';

const members = (n: number): string[] => Array.from({ length: n }, (_, i) => `n${i + 1}`);
const choose = (text: string | true, n = 7): string[] =>
  chooseVictims(parseTargets(text, '--kill'), members(n), split('s', text === true ? 'alone' : text), '--kill');

test('each form hits as many as it says, in plan order and without repeats', () => {
  const sizes: [string | true, number][] = [
    ['2', 2],
    ['30%', 2],
    ['1%', 1],
    ['100%', 7],
    ['one', 1],
    ['minority', 3],
    ['majority', 4],
    ['all', 7],
    [true, 3],
  ];
  for (const [text, size] of sizes) {
    const victims = choose(text);
    expect(victims, String(text)).toHaveLength(size);
    expect(victims).toEqual(members(7).filter((name) => victims.includes(name)));
  }
  expect(choose('n3, n1')).toEqual(['n1', 'n3']);
});

test('a minority always leaves a strict majority', () => {
  for (let n = 1; n <= 50; n++) expect(n - minorityOf(n)).toBeGreaterThan(n / 2);
});

test('asking for more than there are, or for nobody, is a mistake that is named', () => {
  expect(() => choose('8')).toThrow(/more members than there are \(7\).*given: 8.*at most 7/);
  expect(() => choose('minority', 2)).toThrow(/hit nobody/);
  expect(() => choose('few')).toThrow(/has not.*given: few.*or write a count/);
  expect(() => choose('n9')).toThrow(/has not.*given: n9.*n1\.\.n7/);
});

test.each(['', '0', '-1', '1.5', '0%', '101%', 'n1,', 'n1,n1', 'N1', '1001', '__proto__'])('refuses %j', (text) => {
  expect(() => parseTargets(text, '--kill')).toThrow(/--kill/);
});

test('a third is at least one', () => {
  for (let n = 1; n <= 9; n++) expect(pickThird(members(n), split('s', n)).length).toBe(Math.max(1, Math.round(n / 3)));
});
