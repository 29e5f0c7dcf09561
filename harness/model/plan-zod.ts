/**
 * The shape of a plan file, in zod, which is handed in: it takes about 200 ms to load, and most commands need it not at
 * all. What shape cannot say (names that must be known, windows that must lie inside the load) is in plan-check.ts.
 */
import type * as Zod from 'zod';
import { PLAN_FORMAT, PLAN_VERSION } from './plan.ts';
import { NAME_PATTERN, PLAN_LIMITS, PROTOCOL_PATTERN, SEED_PATTERN } from './plan-limits.ts';

/** Strict: an unknown key is an error. */
export function createPlanSchema(z: typeof Zod) {
  const name = z.string().regex(NAME_PATTERN, { error: 'a name of a-z, 0-9 and -, a letter first, at most 32 long' });
  const protocol = z.string().regex(PROTOCOL_PATTERN, { error: 'a name, or textbook/ and a name' });
  const timeMs = z.number().min(0).max(PLAN_LIMITS.timeMs);
  const linkMs = z.number().min(0).max(60_000);
  const share = z.number().gt(0).max(1);
  const names = z.array(name).min(1).max(PLAN_LIMITS.members);
  const publicKey = z.string().regex(/^[0-9a-f]{64}$/, { error: 'an Ed25519 key of 64 hexadecimal digits' });
  // Any JSON; checked for dangerous keys afterwards, since a recursive schema is ten times as slow over many operations.
  const data = z.unknown();

  const block = z.strictObject({
    from: z.array(name).max(PLAN_LIMITS.members),
    to: z.array(name).max(PLAN_LIMITS.members),
  });
  const blocks = z.array(block).min(1).max(PLAN_LIMITS.members);
  const links = z.union([z.literal('all'), blocks]);
  const window = { id: name, atMs: timeMs, untilMs: timeMs };
  const drift = z.number().min(0.1).max(10);

  const fault = z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('partition'), ...window, shape: name, cuts: blocks }),
    z.strictObject({
      type: z.literal('loss'),
      ...window,
      links,
      probability: share,
      burst: z.number().min(1).max(1000).optional(),
    }),
    z.strictObject({
      type: z.literal('delay'),
      ...window,
      links,
      delayMs: z.number().gt(0).max(60_000),
      jitterMs: z.number().min(0).max(60_000),
    }),
    z.strictObject({ type: z.literal('duplicate'), ...window, links, probability: share }),
    z.strictObject({
      type: z.literal('reorder'),
      ...window,
      links,
      probability: share,
      holdMs: z.number().gt(0).max(60_000),
    }),
    z.strictObject({ type: z.literal('corrupt'), ...window, links, probability: share }),
    z.strictObject({
      type: z.literal('bandwidth'),
      ...window,
      links,
      bitsPerSecond: z.number().min(1000).max(1e12),
      queueMs: z.number().gt(0).max(60_000),
    }),
    z.strictObject({
      type: z.literal('clock-skew'),
      ...window,
      targets: names,
      skewMs: z.number().min(-PLAN_LIMITS.timeMs).max(PLAN_LIMITS.timeMs),
    }),
    z.strictObject({ type: z.literal('clock-drift'), ...window, targets: names, factor: drift }),
    z.strictObject({
      type: z.literal('clock-strobe'),
      ...window,
      targets: names,
      skewMs: z.number().min(-PLAN_LIMITS.timeMs).max(PLAN_LIMITS.timeMs),
      everyMs: z.number().min(PLAN_LIMITS.strobeMs).max(PLAN_LIMITS.timeMs),
    }),
    z.strictObject({ type: z.literal('timer-drift'), ...window, targets: names, factor: drift }),
    z.strictObject({ type: z.literal('pause'), ...window, targets: names }),
    z.strictObject({
      type: z.literal('slow'),
      ...window,
      targets: names,
      blockMs: z.number().gt(0).max(PLAN_LIMITS.timeMs),
      everyMs: z.number().gt(0).max(PLAN_LIMITS.timeMs),
    }),
    z.strictObject({
      type: z.literal('cpu'),
      ...window,
      targets: names,
      share: z.number().min(PLAN_LIMITS.cpuShare).lt(1),
    }),
    z.strictObject({ type: z.literal('disk-full'), ...window, targets: names }),
    z.strictObject({
      type: z.literal('kill'),
      ...window,
      targets: names,
      restart: z.enum(['with-state', 'without-state', 'never']),
    }),
    z.strictObject({ type: z.literal('leave'), ...window, targets: names, rejoin: z.boolean() }),
    z.strictObject({ type: z.literal('byzantine'), ...window, targets: names, channel: protocol, behaviour: name }),
  ]);

  const operation = z.strictObject({
    id: z.int().min(0),
    atMs: timeMs,
    member: name,
    workload: name,
    channel: protocol,
    f: name,
    value: data,
  });

  return z.strictObject({
    format: z.literal(PLAN_FORMAT),
    version: z.literal(PLAN_VERSION),
    seed: z.string().regex(SEED_PATTERN, { error: '1 to 64 printable characters' }),
    members: z
      .array(z.strictObject({ name, startAtMs: timeMs, publicKey: publicKey.optional() }))
      .min(1)
      .max(PLAN_LIMITS.members),
    channels: z
      .array(z.strictObject({ name: protocol, protocol, settings: z.record(z.string(), data) }))
      .min(1)
      .max(PLAN_LIMITS.channels),
    workloads: z
      .array(z.strictObject({ name, channel: protocol, ratePerSecond: z.number().min(0).max(1e6) }))
      .max(PLAN_LIMITS.workloads),
    operations: z.array(operation).max(PLAN_LIMITS.operations),
    faults: z.array(fault).max(PLAN_LIMITS.faults),
    operationTimeoutMs: z.number().min(1).max(PLAN_LIMITS.timeMs),
    closing: z.strictObject({
      healAtMs: timeMs,
      pollEveryMs: z.number().min(10).max(60_000),
      deadlineMs: z.number().min(1).max(PLAN_LIMITS.timeMs),
      core: names.optional(),
    }),
    network: z.strictObject({
      latencyMs: linkMs,
      jitterMs: linkMs,
      links: z
        .array(z.strictObject({ from: names, to: names, latencyMs: linkMs, jitterMs: linkMs }))
        .min(1)
        .max(PLAN_LIMITS.members)
        .optional(),
    }),
    overlay: z
      .array(z.strictObject({ member: name, knows: names }))
      .min(1)
      .max(PLAN_LIMITS.members)
      .optional(),
  });
}

/** The JSON schema that plan.schema.json holds. */
export function planJsonSchema(z: typeof Zod): object {
  const title = { title: 'hearsay plan', description: 'Everything a run will do. Times are ms since the start.' };
  return { ...z.toJSONSchema(createPlanSchema(z)), ...title };
}
