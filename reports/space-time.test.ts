import { describe, expect, it } from 'vitest';
import type { HistoryLine } from '../harness/model/history.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { PropertyResult } from '../harness/model/verdict.ts';
import { type DrawnMessage, describePlan, type SpaceTimeInput, spaceTimeSection, violatedAt } from './space-time.ts';
import { cutTo, type Label, layOut, textWidth } from './space-time-layout.ts';
import { causalPast, MOST_MESSAGES } from './space-time-selection.ts';
import { busyRun } from './synthetic-space-time.ts';
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
  spaceTimeSection({ plan: PLAN, property: property(time), messages: MESSAGES, lines: LINES }).text;
const svgOf = (text: string): string =>
  /<svg class="true-size" viewBox="0 0 \d+ [\d.]+"[\s\S]*?<\/svg>\n?<\/div>/.exec(text)?.[0].replace(/<\/div>$/, '') ??
  '';

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

  it('shortens quiet time before a moment that lies late', () => {
    const svg = svgOf(page(7900 * MS));
    expect(svg).toMatch(/>⋮ \d/);
    expect(svg).toContain('violated: refutation, 7.9 s');
  });

  it('escapes whatever a plan or a history holds, and runs no script', () => {
    const text = page(700 * MS);
    expect(text).not.toContain('<script');
    expect(text).toContain('&lt;script&gt;');
    expect(xmlFault(text)).toBeUndefined();
  });

  it('takes the latest time of the witness for the moment, or the end', () => {
    expect(violatedAt(property(700 * MS), LINES)).toBe(700 * MS);
    expect(violatedAt(property(undefined), LINES)).toBe(8000 * MS);
  });

  it('tells the plan in sentences', () => {
    const sentences = describePlan(PLAN).join('\n');
    expect(sentences).toContain('3 members (n1, n2, n3) run swim');
    expect(sentences).toContain('0.2 s to 0.9 s: partition on n1 → n2');
    expect(sentences).toContain('0.3 s to 0.6 s: kill n3, restart with-state');
    const others: Plan['faults'] = [
      { id: 'delay-1', type: 'delay', links: 'all', delayMs: 93, jitterMs: 60, atMs: 0, untilMs: 1000 },
      { id: 'b-1', type: 'byzantine', targets: ['n1'], channel: 'swim', behaviour: 'flap', atMs: 0, untilMs: 1000 },
      { id: 'pause-1', type: 'pause', targets: ['n2'], atMs: 0, untilMs: 1000 },
    ];
    const told = describePlan({ ...PLAN, faults: others }).slice(1, 4);
    expect(told.map((sentence) => sentence.replace('0.0 s to 1.0 s: ', ''))).toEqual([
      'delay 93 ± 60 ms on all links',
      'n1 lies: flap on swim',
      'pause n2',
    ]);
    expect(sentences).toContain('at n2');
  });
});

describe('geometry', () => {
  const seven = busyRun(7, 400);
  const cases: readonly (readonly [string, SpaceTimeInput])[] = [
    ['small', { plan: PLAN, property: property(700 * MS), messages: MESSAGES, lines: LINES }],
    ['late', { plan: PLAN, property: property(7900 * MS), messages: MESSAGES, lines: LINES }],
    ['seven members, 400 messages', seven],
  ];

  it.each(cases)('no two labels meet, and all stand inside: %s', (_, input) => {
    const layout = layOut(input);
    expect(layout.labels.length).toBeGreaterThan(5);
    expect(meetings(layout.labels)).toEqual([]);
    for (const label of layout.labels) {
      expect(label.x + textWidth(label.text)).toBeLessThanOrEqual(layout.width);
      expect(label.y).toBeGreaterThan(10);
      expect(label.y).toBeLessThan(layout.height);
    }
  });

  it.each(cases)('a later moment stands lower, by enough to be told apart: %s', (_, input) => {
    const { rows } = layOut(input);
    for (const [i, row] of rows.slice(1).entries()) {
      const before = rows[i];
      expect(row.time).toBeGreaterThan(before?.time ?? Number.NaN);
      expect(row.y - (before?.y ?? Number.NaN)).toBeGreaterThanOrEqual(18);
    }
  });

  it.each(cases)(
    "an arrow goes from its sender's line at its sending to its receiver's at its receipt: %s",
    (_, input) => {
      const layout = layOut(input);
      const yOf = new Map(layout.rows.map(({ time, y }) => [time, y]));
      const xOf = new Map(input.plan.members.map(({ name }, i) => [name, layout.lines[i]?.x]));
      expect(layout.arrows.length).toBeGreaterThan(0);
      for (const { message, x1, y1, x2, y2, isLost } of layout.arrows) {
        expect([x1, y1]).toEqual([xOf.get(message.from), yOf.get(message.sentAt)]);
        expect(y2).toBeGreaterThan(y1);
        expect(isLost).toBe(message.deliveredAt.length === 0);
        if (isLost) expect(Math.abs(x2 - x1)).toBeLessThan(Math.abs((xOf.get(message.to) ?? Number.NaN) - x1));
        else {
          expect(x2).toBe(xOf.get(message.to));
          expect(message.deliveredAt.map((time) => yOf.get(time))).toContain(y2);
        }
      }
    },
  );

  it('names liars, and does not list everybody', () => {
    const names = ['n1', 'n2', 'n3', 'n4'];
    const lie = { id: 'b-1', type: 'byzantine', channel: 'swim', behaviour: 'flap', atMs: 0, untilMs: 1000 } as const;
    const plan: Plan = {
      ...PLAN,
      members: names.map((name) => ({ name, startAtMs: 0 })),
      faults: [{ ...lie, targets: ['n2'] }],
    };
    const sent = (from: string, to: string, ms: number): DrawnMessage => {
      return { from, to, channel: 'swim', kind: 'ping', sentAt: ms * MS, deliveredAt: [(ms + 1) * MS] };
    };
    const messages = [
      ...['n2', 'n3', 'n4'].map((to) => sent('n1', to, 100)),
      sent('n3', 'n1', 200),
      sent('n3', 'n2', 200),
    ];
    const { labels } = layOut({ ...seven, plan, messages, lines: LINES });
    const textsOf = (role: Label['role']): string[] =>
      labels.filter((label) => label.role === role).map(({ text }) => text);
    expect(textsOf('name')).toEqual(['n1', 'n2 (lies)', 'n3', 'n4']);
    expect(textsOf('mark')).toEqual(expect.arrayContaining(['ping → all', 'ping → n1, n2']));
  });

  it('control: labels that do meet are found', () => {
    const at = (x: number, y: number): Label => ({ x, y, text: 'deliver', role: 'mark' });
    expect(meetings([at(0, 20), at(30, 25)])).toHaveLength(1);
    expect(meetings([at(0, 20), at(0, 35)])).toEqual([]);
  });

  it('a fault is a span from its start to its end, beside the lines and behind those it touches', () => {
    const layout = layOut(cases[0]?.[1] ?? seven);
    const yOf = (ms: number): number | undefined => layout.rows.find(({ time }) => time === ms * MS)?.y;
    for (const spans of [layout.spans, layout.bands]) {
      const kill = spans.find(({ fault }) => fault.id === 'kill-1');
      expect([kill?.top, kill?.bottom]).toEqual([yOf(300), yOf(600)]);
    }
    const [first, second] = layout.spans;
    expect((first?.x ?? 0) + (first?.width ?? 0)).toBeLessThan(second?.x ?? 0);
    const band = layout.bands.find(({ fault }) => fault.id === 'kill-1');
    const n3 = layout.lines[2]?.x ?? Number.NaN;
    expect(band?.x).toBeLessThan(n3);
    expect((band?.x ?? 0) + (band?.width ?? 0)).toBeGreaterThan(n3);
    expect(layout.labels.map(({ text }) => text)).toContain('kill-1 starts');
  });

  it('too much is cut to what can have led to the violation, and the page says so', () => {
    const layout = layOut(seven);
    const drawn = new Set(layout.arrows.map(({ message }) => message));
    expect(drawn.size).toBe(MOST_MESSAGES);
    const past = causalPast(seven.messages, ['n1'], violatedAt(seven.property, seven.lines));
    expect(past.size).toBeGreaterThan(MOST_MESSAGES);
    for (const message of drawn) expect(past.has(message) || message.sentAt >= 3500 * MS).toBe(true);
    expect(spaceTimeSection(seven).text).toContain('80 of 400 messages are drawn');
    expect(page(700 * MS)).not.toContain('messages are drawn');
  });
});

it('the causal past goes backwards from receipt to sending, and no further', () => {
  const message = (from: string, to: string, sentAt: number, ...deliveredAt: number[]): DrawnMessage => ({
    from,
    to,
    channel: 'c',
    kind: 'k',
    sentAt,
    deliveredAt,
  });
  const a = message('n3', 'n2', 1, 2);
  const tooLate = message('n3', 'n2', 3, 5);
  const b = message('n2', 'n1', 4, 6);
  const lost = message('n3', 'n1', 5);
  const after = message('n3', 'n1', 6, 9);
  expect([...causalPast([a, tooLate, b, lost, after], ['n1'], 8)]).toEqual([b, lost, a]);
});

it('texts are cut to what fits', () => {
  expect(cutTo('short', 100)).toBe('short');
  const cut = cutTo('a very long name of a member', 60);
  expect(cut).toMatch(/^a very.*…$/);
  expect(textWidth(cut)).toBeLessThanOrEqual(60);
});

/** Pairs of labels whose boxes have a point in common. */
function meetings(labels: readonly Label[]): string[] {
  const boxes = labels.map(({ x, y, text }) => ({ text, x1: x, x2: x + textWidth(text), y1: y - 12, y2: y + 3 }));
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2)
      .map((b) => `${a.text} and ${b.text}`),
  );
}
