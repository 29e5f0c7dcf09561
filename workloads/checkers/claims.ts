/** From what was counted to a verdict: the rules that every property shares (DESIGN: Verdicts, Claims). */

import type { CheckContext, JudgedChannel } from '../../harness/model/checker.ts';
import { isLasting } from '../../harness/model/core.ts';
import type { PropertyResult, Witness } from '../../harness/model/verdict.ts';
import type { Claim, Data } from '../../impl/protocol.ts';
import { strandedMembers } from './joining.ts';
import { aftermathMs } from './quiet.ts';
import { beyondTolerance, isFed } from './tolerance.ts';
import { names } from './wording.ts';

/** How a reason begins where it is the plan's liars that go too far. */
const BEYOND_TOLERANCE = 'beyond the claimed tolerance';

export interface Claimed {
  readonly property: string;
  readonly channel: string;
  readonly strength: 'guaranteed' | 'probable';
  /** Expected rate of exceptions, in [0, 1]; 0 where the claim is guaranteed. */
  readonly rate: number;
  /** Why the plan lies outside what is promised. */
  readonly beyond: string | undefined;
}

/** What a channel promises about a property in this plan; undefined where it promises nothing. */
export function claimOf(context: CheckContext, channel: JudgedChannel, property: string): Claimed | undefined {
  const claim: Claim<unknown> | undefined = channel.claims.find((candidate) => candidate.property === property);
  if (claim === undefined || claim.strength === 'none') return undefined;
  const { settings } = channel.plan;
  const rate = claim.strength === 'probable' ? (claim.rate?.(settings, context.conditions) ?? 0) : 0;
  const tolerance = beyondTolerance(context, channel, property);
  const stranded = beyondJoining(context, channel, property);
  const beyond =
    tolerance === undefined
      ? (stranded ?? claim.beyond?.(settings, context.conditions))
      : `${BEYOND_TOLERANCE} (${tolerance})`;
  return { property, channel: channel.name, strength: claim.strength, rate, beyond };
}

/** Properties that need members to find each other. Who knew somebody before still owes the detection of its death. */
const CONNECTED = ['convergence', 'refutation', 'reinstatement', 'lost-writes', 'coverage', 'estimate'];
/** On real clusters a member is up and heard this much later than planned, at most. */
const REAL_JOIN_MARGIN_MS = 1500;

/**
 * A join needs a seed: whoever has neither memory nor seed is no part of the cluster, whatever the protocol does. Who had
 * a seed for long enough before it went is.
 */
function beyondJoining(context: CheckContext, channel: JudgedChannel, property: string): string | undefined {
  const { channels, conditions, plan, cluster } = context;
  if (!CONNECTED.includes(property)) return undefined;
  const membership =
    channel.role === 'membership'
      ? channel
      : isFed(channel)
        ? channels.find(({ role }) => role === 'membership')
        : undefined;
  if (membership === undefined) return undefined;
  const joinMs = membership.bounds.convergenceMs ?? Number.POSITIVE_INFINITY;
  const marginMs = cluster === 'sim' ? 0 : REAL_JOIN_MARGIN_MS;
  const stranded = strandedMembers(plan, conditions, joinMs, marginMs);
  if (stranded.length === 0) return undefined;
  return `${names(stranded)} may come back without state while all their seeds stay away or are no better off, and join nobody else`;
}

export interface Findings {
  readonly judged: number;
  readonly violations: number;
  readonly witness?: Witness | undefined;
  /** Why nothing could have been judged, whatever the run did: the plan has no such operation. */
  readonly inapplicable?: string | undefined;
  /** What evidence is missing for `valid`. Violations that were found stand all the same. */
  readonly missing?: string | undefined;
  /** One sentence each, for `valid` and for `invalid`. */
  readonly sound: string;
  readonly broken: string;
  readonly details?: { readonly [key: string]: Data } | undefined;
}

/** The one place where findings become a verdict. */
export function conclude(claimed: Claimed, findings: Findings): PropertyResult {
  const { judged, violations, witness, details } = findings;
  const result = (verdict: PropertyResult['verdict'], reason: string): PropertyResult => ({
    name: claimed.property,
    channel: claimed.channel,
    verdict,
    reason,
    judged,
    violations,
    ...(claimed.beyond === undefined ? {} : { beyondClaims: claimed.beyond }),
    ...(witness === undefined ? {} : { witness }),
    ...(details === undefined ? {} : { details }),
  });
  if (findings.inapplicable !== undefined && violations === 0) return result('not-applicable', findings.inapplicable);
  if (claimed.beyond !== undefined) {
    const found = violations > 0 ? findings.broken : (findings.missing ?? findings.sound);
    const why = claimed.beyond.startsWith(BEYOND_TOLERANCE) ? claimed.beyond : `beyond the claims (${claimed.beyond})`;
    return result('not-applicable', `${why}: ${found}`);
  }
  if (violations > 0) return result('invalid', findings.broken);
  if (findings.missing !== undefined) return result('unknown', findings.missing);
  if (judged === 0) return result('unknown', 'nothing could be judged');
  return result('valid', findings.sound);
}

/** Members that the plan makes lie on this channel. */
export function liarsOf(context: CheckContext, channel: string): ReadonlySet<string> {
  const liars = new Set<string>();
  for (const fault of context.plan.faults) {
    if (fault.type === 'byzantine' && fault.channel === channel) for (const name of fault.targets) liars.add(name);
  }
  return liars;
}

/** The operations (`f`) that the plan has for a channel. */
export function operationsPlanned(context: CheckContext, channel: string): ReadonlySet<string> {
  return context.planned.get(channel) ?? new Set();
}

/** Why the history says nothing about how the run ended; undefined when it reached its final reads. */
export function cutShort(context: CheckContext): string | undefined {
  const { timeline } = context;
  if (timeline.end === 'interrupted') return 'the run was interrupted';
  if (timeline.end === undefined) return 'the history was cut off before its end';
  if (timeline.healedAt === undefined) return 'the run never healed';
  return timeline.finalAt === undefined ? 'the run ended before its final reads' : undefined;
}

/** Members that lost a life although the plan lets them keep it: they died by themselves, or never came back. */
export function unplannedLosses(context: CheckContext): readonly string[] {
  const planned = new Set(context.conditions.livesLost);
  const lost: string[] = [];
  for (const { name } of context.plan.members) {
    const stays = context.timeline.stays.get(name) ?? [];
    const ended = stays.some((stay) => context.timeline.lifeEndedAt(name, stay.life) !== undefined);
    if (!planned.has(name) && (ended || stays.length === 0)) lost.push(name);
  }
  return lost;
}

/**
 * The last time at which any fault was on, or what it held back was under way, or a member came or went; ns. It may be
 * long before the heal, which then changed nothing. Infinity before the heal and where a fault never ended. What stays
 * on outside the core counts as over when it begins.
 */
export function wholeSince(context: CheckContext): number {
  const { plan, timeline, conditions } = context;
  if (timeline.healedAt === undefined) return Number.POSITIVE_INFINITY;
  let since = 0;
  const planned = new Map(plan.faults.map((fault) => [fault.id, fault]));
  for (const window of timeline.faults) {
    const fault = planned.get(window.id);
    if (fault?.type === 'byzantine') continue;
    if (fault !== undefined && isLasting(plan, fault)) {
      // Nothing of it is left to the core once all others are cut off, which they are by faults that last.
      since = Math.max(since, window.from + conditions.schedulingMs * 1e6);
      continue;
    }
    const afterMs = conditions.schedulingMs + (fault === undefined ? 0 : aftermathMs(fault));
    since = Math.max(since, window.until + afterMs * 1e6);
  }
  for (const stays of timeline.stays.values()) {
    for (const stay of stays) {
      const gone = stay.ending === 'crash' || stay.ending === 'stop';
      since = Math.max(since, stay.from, gone ? stay.until : 0);
    }
  }
  return since;
}

/** Members of the plan that the history never shows up: nothing can be said of them. */
export function neverUp({ plan, timeline }: CheckContext): string | undefined {
  const missing = plan.members.map(({ name }) => name).filter((name) => (timeline.stays.get(name) ?? []).length === 0);
  return missing.length === 0 ? undefined : `${names(missing)} never came up`;
}

/**
 * Bound on a channel's convergence, ms; undefined where none is known. A channel that draws its peers from membership
 * can only begin once membership has merged, so the two bounds add up.
 */
export function convergenceBoundMs(context: CheckContext, channel: JudgedChannel): number | undefined {
  let bound = channel.bounds.convergenceMs;
  if (channel.role !== 'map' && channel.role !== 'dissemination') return bound;
  for (const other of context.channels) {
    if (other.role !== 'membership' || bound === undefined) continue;
    bound = other.bounds.convergenceMs === undefined ? undefined : bound + other.bounds.convergenceMs;
  }
  return bound;
}
