import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { planJsonSchema } from './plan-zod.ts';
import { EXIT, type RunVerdict } from './verdict.ts';
import { createVerdictSchema, verdictJsonSchema } from './verdict-zod.ts';

// Written anew by `npx vitest run harness/model/schema.test.ts --update`.
test('plan.schema.json is what the code accepts', async () => {
  await expect(`${JSON.stringify(planJsonSchema(z), null, 2)}\n`).toMatchFileSnapshot('schema/plan.schema.json');
  expect(readFileSync(new URL('schema/plan.schema.json', import.meta.url), 'utf8')).toContain('"hearsay-plan"');
});

test('verdict.schema.json is what the code prints', async () => {
  await expect(`${JSON.stringify(verdictJsonSchema(z), null, 2)}\n`).toMatchFileSnapshot('schema/verdict.schema.json');
  expect(readFileSync(new URL('schema/verdict.schema.json', import.meta.url), 'utf8')).toContain('"hearsay-verdict"');
});

const VERDICT: RunVerdict = {
  format: 'hearsay-verdict',
  version: 1,
  verdict: 'invalid',
  exitCode: EXIT.invalid,
  seed: '42',
  cluster: 'sim',
  runDir: null,
  historyHash: 'ab',
  properties: [
    {
      name: 'convergence',
      channel: 'swim',
      verdict: 'invalid',
      reason: 'n1 differs',
      judged: 7,
      violations: 1,
      witness: { summary: 'n1 believes n2 dead', lines: [{ type: 'view' }] },
    },
  ],
  slos: [{ metric: 'convergence_ms.p99', threshold: '< 2000', measured: null, met: false }],
  metrics: {
    faults: 2,
    convergence_ms: { unit: 'ms', count: 1, mean: 1, min: 1, p50: 1, p90: 1, p95: 1, p99: 1, p999: 1, max: 1 },
  },
};

test('a verdict fits its schema, and one with a foreign key or a false verdict does not', () => {
  const schema = createVerdictSchema(z);
  expect(schema.safeParse(VERDICT).success).toBe(true);
  expect(schema.safeParse({ ...VERDICT, extra: 1 }).success).toBe(false);
  expect(schema.safeParse({ ...VERDICT, verdict: 'not-applicable' }).success).toBe(false);
});
