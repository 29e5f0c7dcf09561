/** A history to be drawn that is hard on the picture: for tests. */
import type { HistoryLine } from '../harness/model/history.ts';
import { type SpaceTimeInput, spaceTimeSection } from './space-time.ts';
import type { DrawnMessage } from './space-time-selection.ts';
import { STYLE } from './style.ts';
import { html, trusted } from './text.ts';

const MS = 1e6;

/** Members with long names that send to each other all the time, much of it in the same instant. */
export function busyRun(members: number, count: number): SpaceTimeInput {
  const names = Array.from({ length: members }, (_, i) => (i === 3 ? `m&<b>${'w'.repeat(60)}` : `n${i + 1}`));
  const name = (i: number): string => names[i % members] ?? '';
  const messages = Array.from({ length: count }, (_, i): DrawnMessage => {
    const sentAt = (100 + Math.floor(i / 4) * 35) * MS;
    const deliveredAt = i % 9 === 0 ? [] : [sentAt + (1 + (i % 5) * 0.1) * MS];
    return { from: name(i), to: name(i + 1 + (i % 3)), channel: 'swim', kind: `kind-${i % 3}`, sentAt, deliveredAt };
  });
  const lines = names.flatMap((member, i): HistoryLine[] => [
    { type: 'member', time: 5 * MS, member, life: 1, event: 'up', boot: 1 },
    {
      type: 'observe',
      time: (700 + (i % 2)) * MS,
      member,
      life: 1,
      channel: 'swim',
      kind: 'status',
      subject: 'n1',
      subjectLife: 1,
      status: 'suspect',
      incarnation: 0,
    },
  ]);
  return {
    plan: {
      format: 'hearsay-plan',
      version: 1,
      seed: 's',
      members: names.map((member) => ({ name: member, startAtMs: 0 })),
      channels: [{ name: 'swim', protocol: 'swim', settings: {} }],
      workloads: [],
      operations: [],
      faults: [
        { id: 'kill-of-a-long-name-1', type: 'kill', targets: ['n3'], restart: 'with-state', atMs: 300, untilMs: 600 },
        { id: 'loss-1', type: 'loss', links: 'all', probability: 0.1, atMs: 310, untilMs: 3400 },
      ],
      operationTimeoutMs: 5000,
      closing: { healAtMs: 3500, pollEveryMs: 250, deadlineMs: 9000 },
      network: { latencyMs: 1, jitterMs: 0 },
    },
    property: {
      name: 'refutation',
      channel: 'swim',
      verdict: 'invalid',
      reason: 'r',
      judged: 1,
      violations: 1,
      witness: { summary: 's', lines: [{ type: 'observe', time: 3500 * MS, member: 'n1' }] },
    },
    messages,
    lines: [...lines, { type: 'end', time: 8000 * MS, outcome: 'completed' }],
  };
}

/** The section alone, on a page with the report's style. */
export function spaceTimePage(input: SpaceTimeInput): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>${trusted(STYLE)}</style></head><body><main>${spaceTimeSection(input)}</main></body></html>
`.text;
}
