import { expect, it } from 'vitest';
import { planOf } from '../proof/test-scenario.ts';
import { describeRun } from './run-and-show.ts';

it('says who lies, and when it is not all the time', () => {
  const over = { protocols: ['bracha'], nodes: 4, timeMs: 20_000 };
  const always = planOf('liars', { byzantine: 'n2:equivocate' }, over);
  expect(describeRun(always, 'sim')).toMatch(/\nfaults: none\nliars: n2: equivocate on bracha$/);
  const windows = { ...over, faultEveryMs: 8000, faultForMs: 1500 };
  const atTimes = planOf('liars', { byzantine: 'n2:equivocate', loss: '0.1' }, windows);
  expect(describeRun(atTimes, 'sim')).toMatch(
    /\nfaults: loss-1 1-2.5 s, loss-2 9-10.5 s, loss-3 17-18.5 s\nliars: n2: equivocate on bracha 0-1.5 s and 8-9.5 s and 16-17.5 s$/,
  );
});
