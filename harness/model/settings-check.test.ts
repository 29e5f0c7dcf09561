import { expect, test } from 'vitest';
import { checkSettingValues, describeSetting, parseSetting } from './settings-check.ts';

const SPEC = {
  fanout: { default: 3, unit: 'members', doc: '', source: 'own', min: 1, max: 10, integer: true },
  share: { default: 0.5, unit: 'probability', doc: '', source: 'own', min: 0 },
  mode: { default: 'push', unit: 'mode', doc: '', source: 'own', values: ['push', 'pull'] },
  blind: { default: false, unit: 'flag', doc: '', source: 'own' },
};
const GOOD = { fanout: 3, share: 0.5, mode: 'push', blind: false };

test('complete settings in range pass', () => {
  expect(() => checkSettingValues(SPEC, GOOD, 's')).not.toThrow();
});

test.each([
  [{ ...GOOD, fanout: 0 }, 's.fanout is out of range (given: 0); write a whole number from 1 to 10 (members)'],
  [{ ...GOOD, fanout: 2.5 }, 's.fanout'],
  [{ ...GOOD, fanout: '3' }, 's.fanout is out of range (given: "3")'],
  [{ ...GOOD, share: Number.NaN }, 's.share'],
  [{ ...GOOD, mode: 'shove' }, 'write one of push, pull'],
  [{ ...GOOD, blind: 'no' }, 'write true or false'],
  [{ ...GOOD, speed: 1 }, 'unknown setting (given: speed); known are fanout, share, mode, blind'],
  [{ fanout: 3 }, 's lacks the setting share; add it; its default is 0.5'],
  [JSON.parse('{"fanout":3,"share":0.5,"mode":"push","blind":false,"__proto__":1}'), '__proto__'],
])('%j is refused', (values, message) => {
  expect(() => checkSettingValues(SPEC, values, 's')).toThrow(message);
});

test('text becomes a value of the setting', () => {
  expect(parseSetting(SPEC.fanout, '4', 'x')).toBe(4);
  expect(parseSetting(SPEC.mode, 'pull', 'x')).toBe('pull');
  expect(parseSetting(SPEC.blind, 'true', 'x')).toBe(true);
  expect(() => parseSetting(SPEC.fanout, '1e1', 'x')).toThrow('x is out of range (given: 1e1)');
  expect(describeSetting(SPEC.share)).toBe('a number of at least 0 (probability)');
});
