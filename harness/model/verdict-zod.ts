/** The shape of the `--json` object and of report.json's verdict, in zod: for its JSON schema and for tests. */
import type * as Zod from 'zod';
import { VERDICT_FORMAT, VERDICT_VERSION } from './verdict.ts';

/** Strict: an unknown key is an error. */
export function createVerdictSchema(z: typeof Zod) {
  const data = z.unknown();
  const count = z.int().min(0);

  const property = z.strictObject({
    name: z.string(),
    channel: z.string().optional(),
    verdict: z.enum(['valid', 'invalid', 'unknown', 'not-applicable']),
    reason: z.string(),
    judged: count,
    violations: count,
    beyondClaims: z.string().optional(),
    witness: z.strictObject({ summary: z.string(), lines: z.array(data).max(10) }).optional(),
    details: z.record(z.string(), data).optional(),
  });

  const slo = z.strictObject({
    metric: z.string(),
    threshold: z.string(),
    measured: z.number().nullable(),
    met: z.boolean(),
    scope: z.string().optional(),
  });

  const distribution = z.strictObject({
    unit: z.string(),
    count,
    mean: z.number(),
    min: z.number(),
    p50: z.number(),
    p90: z.number(),
    p95: z.number(),
    p99: z.number(),
    p999: z.number(),
    max: z.number(),
  });

  return z.strictObject({
    format: z.literal(VERDICT_FORMAT),
    version: z.literal(VERDICT_VERSION),
    verdict: z.enum(['valid', 'invalid', 'unknown']),
    exitCode: z.int().min(0).max(255),
    seed: z.string(),
    cluster: z.string(),
    runDir: z.string().nullable(),
    historyHash: z.string(),
    overrun: z.string().optional(),
    properties: z.array(property),
    slos: z.array(slo),
    slosLeftOut: z.array(z.strictObject({ metric: z.string(), threshold: z.string(), reason: z.string() })).optional(),
    metrics: z.record(z.string(), z.union([z.number(), distribution])),
  });
}

/** The JSON schema that verdict.schema.json holds. */
export function verdictJsonSchema(z: typeof Zod): object {
  const title = { title: 'hearsay verdict', description: 'What `hearsay nemesis --json` prints.' };
  return { ...z.toJSONSchema(createVerdictSchema(z)), ...title };
}
