import { describe, expect, it } from 'vitest';
import type { HistoryLine } from '../harness/model/history.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { PropertyResult } from '../harness/model/verdict.ts';
import { type DrawnMessage, describePlan, spaceTimePage, violatedAt } from './space-time.ts';
import { timeScale } from './space-time-scale.ts';
import { xmlFault } from './well-formed.ts';

const MS = 1e6;
const EVIL = '<script>alert("x")</script>';

const PLAN: Plan = {
  format: 'hearsay-plan',
  version: 1,
  seed: EVIL,
  members: ['n1', 'n2', 'n3'].map((name) => ({ name, startAtMs: 0 })),
  channels: [{ name: 'swim', protocol: 'swim', settings: {} }],
  workloads: [],
  operations: [{ id: 0, atMs: 500, member: 'n2', workload: 'w', channel: 'swim', f: 'write', value: EVIL }],
  faults: [
    {
      id: 'partition-1',
      type: 'partition',
      shape: 'one',
      cuts: [{ from: ['n1'], to: ['n2'] }],
      atMs: 200,
      untilMs: 900,
    },
    { id: 'kill-1', type: 'kill', targets: ['n3'], restart: 'with-state', atMs: 300, untilMs: 600 },
  ],
  operationTimeoutMs: 5000,
  closing: { healAtMs: 1000, pollEveryMs: 250, deadlineMs: 9000 },
  network: { latencyMs: 1, jitterMs: 0 },
};

const LINES: HistoryLine[] = [
  { type: 'member', time: 5 * MS, member: 'n1', life: 1, event: 'up', boot: 1 },
  { type: 'member', time: 5 * MS, member: 'n2', life: 1, event: 'up', boot: 1 },
  { type: 'member', time: 5 * MS, member: 'n3', life: 1, event: 'up', boot: 1 },
  { type: 'member', time: 300 * MS, member: 'n3', life: 1, event: 'crash', reason: EVIL },
  {
    type: 'observe',
    time: 700 * MS,
    member: 'n2',
    life: 1,
    channel: 'swim',
    kind: 'status',
    subject: 'n1',
    subjectLife: 1,
    status: 'suspect',
    incarnation: 0,
  },
  { type: 'end', time: 8000 * MS, outcome: 'completed' },
];

const MESSAGES: DrawnMessage[] = [
  { from: 'n1', to: 'n3', channel: 'swim', kind: 'ping', sentAt: 100 * MS, deliveredAt: [101 * MS] },
  { from: 'n1', to: 'n2', channel: 'swim', kind: 'ping', sentAt: 250 * MS, deliveredAt: [] },
  { from: 'n2', to: 'n1', channel: 'other', kind: 'secret', sentAt: 260 * MS, deliveredAt: [261 * MS] },
];

function property(time: number | undefined): PropertyResult {
  const lines = time === undefined ? [] : [{ type: 'observe', time }];
  return {
    name: 'refutation',
    channel: 'swim',
    verdict: 'invalid',
    reason: 'r',
    judged: 1,
    violations: 1,
    witness: { summary: EVIL, lines },
  };
}

const page = (time: number | undefined): string =>
  spaceTimePage({ plan: PLAN, property: property(time), messages: MESSAGES, lines: LINES, repeatCommand: EVIL });
const svgOf = (text: string): string =>
  /<svg viewBox="0 0 \d+ [\d.]+" role="img"[\s\S]*?<\/svg>\n?<\/div>/.exec(text)?.[0].replace(/<\/div>$/, '') ?? '';

describe('space-time diagram', () => {
  it('draws members, messages, what was lost, and the violated moment; of the channel only', () => {
    const svg = svgOf(page(700 * MS));
    expect(xmlFault(svg)).toBeUndefined();
    for (const name of ['n1', 'n2', 'n3']) expect(svg).toContain(`font-weight="700">${name}</text>`);
    expect(svg).toContain('swim.ping n1 → n3, sent 100.00 ms, delivered 101.00 ms');
    expect(svg).toContain('swim.ping n1 → n2, sent 250.00 ms, lost');
    expect(svg).toContain('violated: refutation, 0.7 s');
    expect(svg).toContain('partition-1');
    expect(svg).not.toContain('secret');
  });

  it('leaves out quiet time before a moment that lies late', () => {
    const svg = svgOf(page(7900 * MS));
    expect(svg).toContain('time left out');
    expect(svg).toContain('violated: refutation, 7.9 s');
  });

  it('escapes whatever a plan or a history holds, and runs no script', () => {
    const text = page(700 * MS);
    expect(text).not.toContain('<script');
    expect(text).toContain("default-src 'none'");
  });

  it('takes the latest time of the witness for the moment, or the end', () => {
    expect(violatedAt(property(700 * MS), LINES)).toBe(700 * MS);
    expect(violatedAt(property(undefined), LINES)).toBe(8000 * MS);
  });

  it('tells the plan in sentences', () => {
    const sentences = describePlan(PLAN).join('\n');
    expect(sentences).toContain('3 members (n1, n2, n3) run swim');
    expect(sentences).toContain('0.2 s to 0.9 s: partition on n1 → n2');
    expect(sentences).toContain('0.3 s to 0.6 s: kill n3 restart with-state');
    expect(sentences).toContain('at n2');
  });
});

it('time runs down, and further where more happens', () => {
  const busy = Array.from({ length: 10 }, (_, i) => (500 + i) * MS);
  const { y, gaps } = timeScale(
    [
      [0, 1000 * MS],
      [5000 * MS, 6000 * MS],
    ],
    busy,
    40,
  );
  const at = (ms: number): number => y(ms * MS) ?? Number.NaN;
  expect(at(0)).toBe(40);
  for (const [a, b] of [
    [0, 100],
    [100, 500],
    [500, 550],
    [550, 1000],
    [1000, 5001],
  ] as const)
    expect(at(b)).toBeGreaterThan(at(a));
  expect(at(550) - at(500)).toBeGreaterThan(at(100) - at(50));
  expect(y(3000 * MS)).toBeUndefined();
  expect(gaps).toHaveLength(1);
});
