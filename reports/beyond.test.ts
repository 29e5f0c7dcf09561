import { expect, test } from 'vitest';
import type { PropertyResult } from '../harness/model/verdict.ts';
import { beyondCounts, beyondOf } from './beyond.ts';

const property = (reason: string, beyondClaims?: string, violations = 0): PropertyResult => ({
  ...{ name: 'convergence', verdict: 'not-applicable', reason, judged: 5, violations },
  ...(beyondClaims === undefined ? {} : { beyondClaims }),
});
const LIARS = 'beyond the claimed tolerance (2 liars on swim)';

test('says why and what was found, each once', () => {
  expect(beyondOf(property(`${LIARS}: views differed`, LIARS))).toEqual({ why: LIARS, found: 'views differed' });
  const long = { why: 'beyond the claims (too long a cut)', found: 'views differed' };
  expect(beyondOf(property('beyond the claims (too long a cut): views differed', 'too long a cut'))).toEqual(long);
  expect(beyondOf(property('no crash is planned', 'too long a cut'))).toEqual({
    ...long,
    found: 'no crash is planned',
  });
  expect(beyondOf(property('views differed'))).toBeUndefined();
});

test('counts those that were broken all the same', () => {
  expect(beyondCounts([property('a', LIARS, 3), property('b', LIARS), property('c', undefined, 1)])).toEqual({
    beyond: 2,
    broken: 1,
  });
});
