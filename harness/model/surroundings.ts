/**
 * From the files that a run leaves beside its history to what can be trusted, or one line that says what is wrong. What
 * was measured of a run's surroundings is shown in its report; nothing is judged by it.
 */
import type { ZodType } from 'zod';
import {
  CALIBRATED,
  CALIBRATED_EFFECTS,
  CALIBRATION_FORMAT,
  CALIBRATION_UNITS,
  CALIBRATION_VERSION,
  type Calibration,
} from './calibration.ts';
import { COUNTERS_FORMAT, COUNTERS_VERSION, type KernelCounters } from './counters.ts';
import { UserError } from './errors.ts';

export interface Surroundings {
  readonly calibration?: Calibration | undefined;
  readonly counters?: KernelCounters | undefined;
}

const MEND = 'restore the file as the run wrote it, or take it away to have the report without it';

/** Throws a UserError. */
export async function parseCalibration(text: string, fileName: string): Promise<Calibration> {
  const z = await import('zod');
  const reading = {
    what: z.enum(CALIBRATED),
    unit: z.enum(CALIBRATION_UNITS),
    asked: z.number(),
    measured: z.number(),
    low: z.number(),
    high: z.number(),
    within: z.boolean(),
    sent: z.number().min(0),
    received: z.number().min(0),
  };
  const ends = { from: z.string(), to: z.string() };
  const link = z.strictObject({ ...ends, touched: z.boolean(), overrun: z.number(), ...reading });
  const named = { faults: z.array(z.string()).min(1), type: z.string() };
  const schema: ZodType<Calibration> = z.strictObject({
    format: z.literal(CALIBRATION_FORMAT),
    version: z.literal(CALIBRATION_VERSION),
    durationMs: z.number(),
    baseline: z.array(
      z.strictObject({
        ...ends,
        sent: z.number(),
        received: z.number(),
        overrun: z.number(),
        minMs: z.number(),
        p50Ms: z.number(),
        p99Ms: z.number(),
        clockMs: z.number().min(0).optional(),
      }),
    ),
    faults: z.array(
      z.strictObject({
        ...named,
        effect: z.enum(CALIBRATED_EFFECTS),
        pooled: z.strictObject(reading),
        links: z.array(link),
      }),
    ),
    left: z.array(z.strictObject({ ...named, reason: z.string() })),
    problem: z.string().optional(),
  });
  return parse(schema, text, fileName);
}

/** Throws a UserError. */
export async function parseCounters(text: string, fileName: string): Promise<KernelCounters> {
  const z = await import('zod');
  const counter = z.strictObject({ packets: z.number(), bytes: z.number() });
  const schema: ZodType<KernelCounters> = z.strictObject({
    format: z.literal(COUNTERS_FORMAT),
    version: z.literal(COUNTERS_VERSION),
    members: z.array(z.strictObject({ member: z.string(), sent: counter, received: counter })),
  });
  return parse(schema, text, fileName);
}

function parse<T>(schema: ZodType<T>, text: string, fileName: string): T {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new UserError(`${fileName} is no JSON`, text.trim().slice(0, 40), MEND);
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? [])
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const where = path.replace(/^\./, '') || 'the whole';
  throw new UserError(`${fileName}: ${where} is not as it was written`, issue?.message, MEND);
}
