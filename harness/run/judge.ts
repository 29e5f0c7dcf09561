/** History lines in, properties and metrics out. Works on a run in progress and on a stored history alike. */
import type { AnyProtocol, Conditions } from '../../impl/protocol.ts';
import type { CheckContext, Checker, CreateChecker, JudgedChannel, Timeline } from '../model/checker.ts';
import { conditionsOf, plannedKinds } from '../model/conditions.ts';
import { UserError } from '../model/errors.ts';
import type { HistoryLine, LineType } from '../model/history.ts';
import type { Plan, PlanOutline } from '../model/plan.ts';
import type { Metrics, PropertyResult } from '../model/verdict.ts';

/** What judging needs from elsewhere; a composition root brings it together. */
export interface JudgeParts {
  readonly protocols: ReadonlyMap<string, AnyProtocol>;
  readonly checkers: readonly { readonly name: string; readonly create: CreateChecker }[];
  /** `slackMs`: how far off the controller's times may be from the moment at which something took effect. */
  createTimeline(plan: PlanOutline, options: { slackMs: number }): Timeline & { line(line: HistoryLine): void };
  createMetrics?(context: CheckContext): { line(line: HistoryLine): void; end(): Metrics };
}

export interface Judgement {
  readonly properties: readonly PropertyResult[];
  readonly metrics: Metrics;
  /** As in RunVerdict. */
  readonly overrun?: string | undefined;
}

export interface Judge {
  readonly context: CheckContext;
  line(line: HistoryLine): void;
  end(): Judgement;
}

/** The plan's channels with what their protocols claim. Throws UserError for a protocol that is not registered. */
function judgedChannels(
  plan: Plan,
  conditions: Conditions,
  protocols: ReadonlyMap<string, AnyProtocol>,
): readonly JudgedChannel[] {
  return plan.channels.map((channel) => {
    const protocol = protocols.get(channel.protocol);
    if (protocol === undefined) {
      throw new UserError(
        'the plan names an unknown protocol',
        channel.protocol,
        `use ${[...protocols.keys()].join(', ')}`,
      );
    }
    return {
      name: channel.name,
      plan: channel,
      role: protocol.role,
      converges: protocol.converges,
      claims: protocol.claims,
      tolerates: protocol.tolerates,
      bounds: protocol.bounds(channel.settings, conditions),
    };
  });
}

/** A checker with the guard that a crash of it is an `unknown`, never a pass and never the end of the run. */
interface Guarded {
  readonly name: string;
  readonly checker: Checker | undefined;
  error: string | undefined;
}

export function createJudge(plan: Plan, cluster: string, parts: JudgeParts): Judge {
  const conditions = conditionsOf(plan, cluster);
  const { operations, ...outline } = plan;
  const timeline = parts.createTimeline(outline, { slackMs: conditions.schedulingMs });
  const context: CheckContext = {
    plan: outline,
    planned: plannedKinds(operations),
    cluster,
    channels: judgedChannels(plan, conditions, parts.protocols),
    conditions,
    timeline,
  };
  const guarded = parts.checkers.map((entry) => createGuarded(entry, context));
  const metrics = parts.createMetrics?.(context);
  /** What others than checkers have crashed with: nothing may be called valid then. */
  let timelineError: string | undefined;
  let metricsError: string | undefined;
  const wanting = new Map<LineType, Guarded[]>();
  for (const entry of guarded) {
    for (const type of entry.checker?.wants ?? []) wanting.set(type, [...(wanting.get(type) ?? []), entry]);
  }
  return {
    context,
    line(line) {
      if (timelineError !== undefined) return;
      try {
        timeline.line(line);
      } catch (error) {
        timelineError = describe(error);
      }
      const entries = wanting.get(line.type);
      if (entries !== undefined) {
        for (const entry of entries) {
          if (entry.error !== undefined) continue;
          try {
            entry.checker?.line(line);
          } catch (error) {
            entry.error = describe(error);
          }
        }
      }
      if (metricsError !== undefined) return;
      try {
        metrics?.line(line);
      } catch (error) {
        metricsError = describe(error);
      }
    },
    end() {
      let measured: Metrics = {};
      try {
        if (metricsError === undefined) measured = metrics?.end() ?? {};
      } catch (error) {
        metricsError = describe(error);
      }
      const judged = guarded.flatMap((entry) => {
        // Every checker asks the timeline who was up and connected, and from a broken one nothing follows.
        if (timelineError !== undefined) entry.error ??= `the timeline crashed: ${timelineError}`;
        return finish(entry);
      });
      const metricsFlaw = metricsError === undefined ? [] : [crashed('metrics', `measuring: ${metricsError}`)];
      const properties = [...judged, ...metricsFlaw];
      const overrun = timelineError === undefined ? overrunOf(timeline, properties) : undefined;
      return { properties, metrics: measured, ...(overrun === undefined ? {} : { overrun }) };
    },
  };
}

/** Where all is well nobody needs to know; else it is said wherever a checker said it, or the machine was very late. */
function overrunOf({ lateness }: Timeline, properties: readonly PropertyResult[]): string | undefined {
  const wanting = properties.filter(({ verdict }) => verdict === 'invalid' || verdict === 'unknown');
  if (lateness === undefined || wanting.length === 0) return undefined;
  const sentence = lateness.describe();
  return lateness.isLarge || wanting.some(({ reason }) => reason.includes(sentence)) ? sentence : undefined;
}

function createGuarded({ name, create }: JudgeParts['checkers'][number], context: CheckContext): Guarded {
  try {
    return { name, checker: create(context), error: undefined };
  } catch (error) {
    return { name, checker: undefined, error: describe(error) };
  }
}

function finish(entry: Guarded): readonly PropertyResult[] {
  if (entry.error === undefined && entry.checker !== undefined) {
    try {
      return entry.checker.end();
    } catch (error) {
      entry.error = describe(error);
    }
  }
  return [crashed(entry.name, entry.error)];
}

function crashed(name: string, error: string | undefined): PropertyResult {
  return { name, verdict: 'unknown', reason: `the checker crashed: ${error}`, judged: 0, violations: 0 };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
