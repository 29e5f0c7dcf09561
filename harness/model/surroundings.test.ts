import { describe, expect, it } from 'vitest';
import type { Calibration } from './calibration.ts';
import { type KernelCounters, kernelCounters } from './counters.ts';
import { UserError } from './errors.ts';
import { parseCalibration, parseCounters } from './surroundings.ts';

const reading = {
  what: 'lost',
  unit: 'share',
  asked: 0.3,
  measured: 0.31,
  low: 0.2,
  high: 0.4,
  within: true,
  sent: 200,
  received: 138,
} as const;
const calibration: Calibration = {
  format: 'hearsay-calibration',
  version: 1,
  durationMs: 1,
  baseline: [{ from: 'n1', to: 'n2', sent: 1, received: 1, overrun: 0, minMs: 1, p50Ms: 1, p99Ms: 1 }],
  faults: [
    {
      faults: ['f1'],
      type: 'loss',
      effect: 'seen',
      pooled: reading,
      links: [{ from: 'n1', to: 'n2', touched: true, overrun: 0, ...reading }],
    },
  ],
  left: [{ faults: ['f2'], type: 'delay', reason: 'too long' }],
  problem: 'none',
};
const counters: KernelCounters = kernelCounters(
  new Map([['n1', { sent: { packets: 5, bytes: 500 }, received: { packets: 4, bytes: 400 } }]]),
  new Map([['n1', { sent: { packets: 2, bytes: 200 }, received: { packets: 4, bytes: 400 } }]]),
);

describe('files beside a history', () => {
  it('are read as they were written', async () => {
    expect(await parseCalibration(JSON.stringify(calibration), 'c')).toEqual(calibration);
    expect(await parseCounters(JSON.stringify(counters), 'c')).toEqual(counters);
    expect(counters.members).toEqual([
      { member: 'n1', sent: { packets: 3, bytes: 300 }, received: { packets: 0, bytes: 0 } },
    ]);
  });

  it.each([
    ['no JSON', 'now {', 'is no JSON'],
    ['another format', { ...calibration, format: 'x' }, 'format'],
    ['a version of later', { ...calibration, version: 2 }, 'version'],
    ['a text for a number', { ...calibration, durationMs: '1 s' }, 'durationMs'],
    ['a number that is none', JSON.stringify(calibration).replace('0.31', '1e999'), 'measured'],
    [
      'an effect that is none',
      { ...calibration, faults: [{ ...calibration.faults[0], effect: 'good' }] },
      'faults[0].effect',
    ],
    ['a key too much', { ...calibration, more: 1 }, 'more'],
    ['nothing in it', '', 'is no JSON'],
    ['a list', [], 'the whole'],
  ])('are refused with one line that says what and how to mend it: %s', async (_name, content, says) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const error: unknown = await parseCalibration(text, 'run/calibration.json').catch((caught: unknown) => caught);
    if (!(error instanceof UserError)) throw new Error(`no UserError: ${String(error)}`);
    expect(error.message).toContain('run/calibration.json');
    expect(error.message).toContain(says);
    expect(error.message).toMatch(/; restore the file .* or take it away/);
    expect(error.message).not.toContain('\n');
  });
});
