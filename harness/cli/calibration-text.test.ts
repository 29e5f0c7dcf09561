import { expect, test } from 'vitest';
import type { Calibration, Reading } from '../model/calibration.ts';
import { describeCalibration } from './calibration-text.ts';

const reading: Reading = {
  what: 'lost',
  unit: 'share',
  asked: 0.3,
  measured: 0.31,
  low: 0.2,
  high: 0.4,
  within: true,
  sent: 200,
  received: 138,
};
const link = { from: 'n1', to: 'n2', touched: true, overrun: 0, ...reading };
const good: Calibration = {
  format: 'hearsay-calibration',
  version: 1,
  durationMs: 1234,
  baseline: [],
  faults: [
    { faults: ['f1'], type: 'loss', effect: 'seen', pooled: reading, links: [link, { ...link, within: false }] },
  ],
  left: [],
};

test('one line says what was calibrated, one more each fault that does nothing, and no other', () => {
  expect(describeCalibration(good)).toBe(
    'calibration: 1 fault on 2 links in 1.2 s; 1 of 2 outside the 99 % interval of what was measured\n',
  );
  const idle = good.faults.map((fault) => ({ ...fault, effect: 'none' as const }));
  const said = describeCalibration({ ...good, faults: idle });
  expect(said.split('\n')[1]).toMatch(/^WARNING: fault f1 \(loss\) HAS NO EFFECT: none of its 200 probes/);
  const left = [{ faults: ['f2', 'f3'], type: 'delay', reason: 'too long' }];
  const early = describeCalibration({ ...good, faults: [], left, problem: 'no probes' });
  expect(early).toMatch(/not calibrated: f2, f3; it ended early: no probes\n$/);
});
