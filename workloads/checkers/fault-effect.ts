/**
 * Whether the faults did bite: for each planned fault, what was asked beside what was measured, from the history
 * alone. A fault that never touched anything leaves the run `unknown`; one that did something else than was asked makes
 * it `invalid`, since the harness did not do what it says. All tests together raise a false alarm in at most one run in
 * a million.
 */

import { mostBaseMs } from '../../harness/model/base-links.ts';
import type { CheckContext, Checker } from '../../harness/model/checker.ts';
import { isLinkFault } from '../../harness/model/fault.ts';
import type { HistoryLine } from '../../harness/model/history.ts';
import { HostClocks } from '../../harness/model/host-clocks.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import { type Effect, effectRow, noEvidence } from './effect.ts';
import { isLimitFault, limitEffect } from './limit-effects.ts';
import { linkEffect } from './link-effects.ts';
import { control } from './link-evidence.ts';
import { LinkSamples } from './link-samples.ts';
import { clockControl, type MemberEffects, memberEffect, type TrafficSample, trafficSample } from './member-effects.ts';
import { isSwallowed } from './swallowed.ts';
import { names, plural } from './wording.ts';

const MS = 1e6;
const FALSE_ALARMS_PER_RUN = 1e-6;
/** How long after an epoch its messages may still be under way, ms, delays that were asked for not counted. */
const SIM_MARGIN_MS = 50;
const REAL_MARGIN_MS = 500;
/** A pause may begin and end this much off its plan and still be looked into. */
const PAUSE_MARGIN_MS = 1000;

export function createFaultEffectChecker(context: CheckContext): Checker {
  const { plan, timeline, cluster } = context;
  const isSim = cluster === 'sim';
  const networkMs = plan.network.latencyMs + plan.network.jitterMs;
  const marginMs = mostBaseMs(plan) + (isSim ? SIM_MARGIN_MS + networkMs : REAL_MARGIN_MS);
  const links = new LinkSamples(plan, timeline, marginMs);
  const traffic: TrafficSample[] = [];
  const clocks = new HostClocks();
  const lyingChannels = new Set(plan.faults.flatMap((fault) => (fault.type === 'byzantine' ? [fault.channel] : [])));
  const pauses = plannedPauses(context);
  const spokenAt = new Map<string, number[]>();
  return {
    wants: ['links', 'epoch', 'overrun', 'traffic', 'observe', 'clocks'],
    line(line: HistoryLine) {
      if (line.type === 'links') links.links(line);
      else if (line.type === 'epoch') links.epoch(line);
      else if (line.type === 'overrun') links.overrun(line);
      else if (line.type === 'clocks') clocks.line(line);
      else if (line.type === 'traffic') traffic.push(trafficSample(line, lyingChannels));
      else if (line.type === 'observe') {
        const near = pauses.get(line.member)?.some((pause) => pause.from <= line.time && line.time <= pause.until);
        if (near !== true) return;
        const times = spokenAt.get(line.member);
        if (times === undefined) spokenAt.set(line.member, [line.time]);
        else times.push(line.time);
      }
    },
    end: () => [judge(context, links, traffic, spokenAt, clocks)],
  };
}

/** ns, by member; a little wider than planned. */
function plannedPauses({ plan }: CheckContext): Map<string, { from: number; until: number }[]> {
  const pauses = new Map<string, { from: number; until: number }[]>();
  for (const fault of plan.faults) {
    if (fault.type !== 'pause') continue;
    const from = (fault.atMs - PAUSE_MARGIN_MS) * MS;
    const until = (fault.untilMs + PAUSE_MARGIN_MS) * MS;
    for (const target of fault.targets) pauses.set(target, [...(pauses.get(target) ?? []), { from, until }]);
  }
  return pauses;
}

function judge(
  context: CheckContext,
  links: LinkSamples,
  traffic: readonly TrafficSample[],
  spokenAt: ReadonlyMap<string, readonly number[]>,
  clocks: HostClocks,
): PropertyResult {
  const { plan, timeline } = context;
  const samples = links.all();
  // A corruption is tested twice.
  const all = { context, samples, alpha: FALSE_ALARMS_PER_RUN / (2 * Math.max(1, plan.faults.length)), clocks };
  const members: MemberEffects = { context, traffic, samples, spokenAt, clocks };
  const base = control(all);
  const effects: Effect[] = [];
  for (const fault of plan.faults) {
    const window = timeline.faults.find((candidate) => candidate.id === fault.id);
    const effect =
      window === undefined
        ? noEvidence(fault, 'to be on at all', 'it was never turned on')
        : window.until === Number.POSITIVE_INFINITY && timeline.end === 'completed'
          ? noEvidence(fault, 'to end', 'it was never turned off')
          : isLinkFault(fault)
            ? linkEffect(all, fault, base)
            : isLimitFault(fault)
              ? limitEffect(members, fault, window)
              : memberEffect(members, fault, window);
    const swallowed = effect.outcome === 'no-evidence' && isSwallowed(plan, fault);
    effects.push(
      swallowed ? { ...effect, outcome: 'swallowed', why: 'other faults leave it nothing to act on' } : effect,
    );
  }
  const off = effects.filter((effect) => effect.outcome === 'off');
  if (base.effect.outcome === 'off') off.push(base.effect);
  const untouched = clockControl(members);
  const unseen = effects.filter((effect) => effect.outcome === 'no-evidence');
  const violations = off.length + (untouched === undefined ? 0 : 1);
  const details = { effects: [...effects, base.effect].map(effectRow) };
  const result = (verdict: PropertyResult['verdict'], reason: string): PropertyResult => ({
    name: 'fault-effect',
    verdict,
    reason,
    judged: effects.length,
    violations,
    details,
  });
  if (violations > 0) {
    const first = off[0];
    const why = first === undefined ? (untouched ?? '') : `${first.fault} (${first.kind}): ${first.why}`;
    const lines = off.slice(0, 10).map(effectRow);
    return {
      ...result('invalid', `${plural(violations, 'thing')} measured that nobody asked for; ${why}`),
      witness: { summary: `${why}.`, lines },
    };
  }
  if (effects.length === 0) return result('not-applicable', 'no fault is planned');
  if (unseen.length > 0) {
    const which = names(
      unseen.map((effect) => `${effect.fault} (${effect.kind}): ${effect.why}`),
      3,
    );
    return result('unknown', `${unseen.length} of ${plural(effects.length, 'fault')} without effect: ${which}`);
  }
  const measured = effects.filter((effect) => effect.outcome === 'as-asked').length;
  const spared = effects.filter((effect) => effect.outcome === 'too-few');
  const [few] = spared;
  if (measured === 0 && few !== undefined) {
    return result(
      'unknown',
      `${plural(spared.length, 'fault')} met too few messages: ${few.fault} (${few.kind}): ${few.why}`,
    );
  }
  if (measured === 0) return result('not-applicable', 'the planned faults leave each other nothing to act on');
  const rest = few === undefined ? '' : `; ${spared.length} met too few messages to show`;
  return result('valid', `${plural(measured, 'fault')} measured, each as asked${rest}`);
}
