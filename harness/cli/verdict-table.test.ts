import { expect, test } from 'vitest';
import type { RunVerdict } from '../model/verdict.ts';
import { verdictTable } from './verdict-table.ts';

const VERDICT: RunVerdict = {
  format: 'hearsay-verdict',
  version: 1,
  verdict: 'invalid',
  exitCode: 1,
  seed: '42',
  cluster: 'sim',
  runDir: null,
  historyHash: 'ab',
  properties: [
    { name: 'no-crash', verdict: 'valid', reason: 'nobody died', judged: 7, violations: 0 },
    {
      name: 'convergence',
      channel: 'swim',
      verdict: 'invalid',
      reason: 'two views',
      judged: 7,
      violations: 1,
      witness: { summary: 'n1 says \u001b[31mn2 is dead', lines: [] },
    },
  ],
  slos: [
    { metric: 'delivery_ms.p99', threshold: '< 5', measured: 7.12345, met: false, scope: 'during=loss' },
    { metric: 'detection_ms.p99', threshold: '< 5', measured: null, met: false },
  ],
  metrics: {},
};

test('shows each property with its reason and witness, each SLO, and what it adds up to', () => {
  const text = verdictTable(VERDICT, (_style, plain) => plain, 100);
  expect(text).toMatch(/convergence \(swim\) +│ invalid +│ two views/);
  expect(text).toContain('witness: n1 says  [31mn2 is dead');
  expect(text).toMatch(/delivery_ms\.p99 \(during=loss\) │ < 5 +│ 7\.123 +│ no/);
  expect(text).toMatch(/detection_ms\.p99 +│ < 5 +│ nothing +│ no/);
  expect(text).toContain('1 valid, 1 invalid, 0 unknown, 0 not applicable, 0 of 2 SLOs met; seed 42, exit code 1');
});

test('no escape code comes from the table or from a history', () => {
  expect(verdictTable(VERDICT, (_style, plain) => plain, 100)).not.toContain('\u001b');
});

test('fits the width it is given', () => {
  for (const columns of [80, 100]) {
    const lines = verdictTable({ ...VERDICT, slos: [] }, (_style, plain) => plain, columns).split('\n');
    for (const line of lines.filter((row) => row.startsWith('│'))) expect(line.length).toBeLessThanOrEqual(columns);
  }
});

test('on a terminal that is too narrow for a table it is plain lines', () => {
  const text = verdictTable({ ...VERDICT, slos: [] }, (_style, plain) => plain, 40);
  expect(text).toContain('no-crash: valid; nobody died\nconvergence (swim): invalid; two views\nwitness: n1 says');
  expect(text).not.toContain('│');
});

test('what lies beyond the claims is said once, and counted', () => {
  const beyondClaims = 'beyond the claimed tolerance (2 liars on swim)';
  const reason = `${beyondClaims}: two views`;
  const beyond = { verdict: 'not-applicable', reason, beyondClaims, judged: 5, violations: 1 } as const;
  const properties = [...VERDICT.properties.slice(0, 1), { name: 'convergence', channel: 'swim', ...beyond }];
  const text = verdictTable(
    { ...VERDICT, verdict: 'valid', exitCode: 0, properties, slos: [] },
    (_, plain) => plain,
    100,
  );
  expect(text.replace(/[\s│]+/g, ' ').split(beyondClaims)).toHaveLength(2);
  expect(text).toContain('two views');
  expect(text).toContain('1 not applicable (1 beyond the claims, of which 1 broken: no defect); seed 42');
  expect(verdictTable(VERDICT, (_, plain) => plain, 100)).not.toContain('beyond');
});

test('says in its last line that the machine was overrun, where it was', () => {
  const told = 'the machine was overrun: run fewer things at a time';
  const lines = verdictTable({ ...VERDICT, overrun: told }, (_style, plain) => plain, 100)
    .trim()
    .split('\n');
  expect(lines.at(-1)).toBe(told);
});
