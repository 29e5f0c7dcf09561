import { expect, test } from 'vitest';
import {
  CALIBRATION_FORMAT,
  CALIBRATION_VERSION,
  type Calibration,
  type Reading,
} from '../../harness/model/calibration.ts';
import { COUNTERS_FORMAT, COUNTERS_VERSION, type KernelCounters } from '../../harness/model/counters.ts';
import { createReport, type Report } from '../report.ts';
import { syntheticRun } from '../synthetic-run.ts';

const HOSTILE = '</td></table><img src=x onerror=alert(1)>\u2028';

function reading(asked: number, measured: number, change: Partial<Reading> = {}): Reading {
  const base = {
    what: 'lost',
    unit: 'share',
    low: measured / 2,
    high: measured * 1.5,
    sent: 200,
    received: 140,
  } as const;
  return { ...base, asked, measured, within: true, ...change };
}

function calibration(name = 'n1'): Calibration {
  const ends = { from: name, to: 'n2', overrun: 0 };
  return {
    format: CALIBRATION_FORMAT,
    version: CALIBRATION_VERSION,
    durationMs: 2345,
    baseline: [{ ...ends, sent: 100, received: 100, minMs: 0.1, p50Ms: 0.2, p99Ms: 1, clockMs: 0.75 }],
    faults: [
      {
        faults: ['f1'],
        type: 'loss',
        effect: 'none',
        pooled: reading(0.1, 0, { within: false, sent: 200, received: 200 }),
        links: [{ ...ends, touched: true, ...reading(0.1, 0, { within: false, sent: 200, received: 200 }) }],
      },
      {
        faults: ['f2', name],
        type: 'partition',
        effect: 'seen',
        pooled: reading(1, 1),
        links: [
          { ...ends, touched: true, ...reading(1, 1) },
          { ...ends, touched: false, ...reading(0, 0), overrun: 7 },
        ],
      },
    ],
    left: [{ faults: ['f9'], type: 'delay', reason: `too long ${name}` }],
  };
}

const counters = (name: string): KernelCounters => ({
  format: COUNTERS_FORMAT,
  version: COUNTERS_VERSION,
  members: [
    { member: 'n1', sent: { packets: 1000, bytes: 90_000 }, received: { packets: 1000, bytes: 90_000 } },
    { member: name, sent: { packets: 7, bytes: 700 }, received: { packets: 0, bytes: 0 } },
  ],
});

function draw(name?: string): Report {
  const run = syntheticRun();
  const report = createReport(run.plan, run.timeline);
  for (const line of run.lines) report.line(line);
  const surroundings = name === undefined ? {} : { calibration: calibration(name), counters: counters(name) };
  return report.end({ ...run.input, surroundings });
}

test('a calibration is shown fault by fault, and loudest where one does nothing', () => {
  const { html, json } = draw('n1');
  const section = /<section id="link-calibration">.*?<\/section>/s.exec(html)?.[0] ?? '';
  expect(section).toContain('between hosts such a time may be off by ±0.75 ms');
  expect(section).toMatch(/<p class="warning">f1 \(loss · 10 % · all links\) has no effect: none of 200 probes/);
  expect(section.match(/class="warning"/g)).toHaveLength(1);
  expect(section).toContain('1 link of 3 lies outside');
  expect(section).toContain('n1 → n2');
  expect(section).toContain('<td class="number">100 %</td>');
  expect(section).toContain('receivers had no room for 7');
  expect(section).toContain('f9 (delay): too long n1');
  expect(html).toContain('<a href="#link-calibration">');
  expect(JSON.parse(json).calibration.faults).toHaveLength(2);
});

test('what the kernel counted stands beside what members counted, with the difference', () => {
  const run = syntheticRun();
  const own = { messages: 0, bytes: 0 };
  for (const line of run.lines) {
    if (line.type !== 'traffic' || line.member !== 'n1') continue;
    for (const [messages, bytes] of Object.values(line.sent)) {
      own.messages += messages;
      own.bytes += bytes;
    }
  }
  expect(own.messages).toBeGreaterThan(0);
  const difference = ((1000 - own.messages) / own.messages) * 100;
  const { html } = draw('n8');
  const section = /<section id="bandwidth">.*?<\/section>/s.exec(html)?.[0] ?? '';
  const cells = [
    ...(/<th scope="row">n1<\/th><td>sent<\/td>.*?<\/tr>/s.exec(section)?.[0] ?? '').matchAll(/number">([^<]*)</g),
  ];
  const [packets, messages, shown] = cells.map((cell) => cell[1] ?? '');
  expect(packets).toBe('1,000');
  expect(Number(messages?.replaceAll(',', ''))).toBe(own.messages);
  expect(Number.parseFloat((shown ?? '').replace('−', '-').replace('+', ''))).toBeCloseTo(difference, 0);
  // Nothing is known of one that told nothing.
  expect(section).toMatch(
    /<th scope="row">n8<\/th><td>sent<\/td><td class="number">7<\/td><td class="number">0<\/td><td class="number">–/,
  );
});

test('hostile names stay text, and without files there is no section', () => {
  const { html, json } = draw(HOSTILE);
  expect(html).not.toMatch(/<img|\u2028/);
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(json).not.toMatch(/[<\u2028]/);
  const without = draw();
  expect(without.html).not.toContain('link-calibration');
  expect(without.html).not.toContain('What the kernel counted');
});
