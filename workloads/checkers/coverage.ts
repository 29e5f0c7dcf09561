/** The residue of undisturbed broadcasts against the claimed rate; see delivery.ts for what is judged and how. */
import type { CheckContext, JudgedChannel } from '../../harness/model/checker.ts';
import type { PropertyResult, Witness } from '../../harness/model/verdict.ts';
import type { Data } from '../../impl/protocol.ts';
import { type BroadcastLog, FAIL } from './broadcast-log.ts';
import { claimOf, conclude, cutShort, liarsOf, neverUp, operationsPlanned } from './claims.ts';
import type { PeerBeliefs } from './peer-beliefs.ts';
import { disturbances, type Intervals } from './quiet.ts';
import { chanceOfMean } from './tail-bound.ts';
import { clock, names, plural } from './wording.ts';

/** A correct protocol is flagged with at most this chance per run and channel; half of it goes to the test of each member. */
const ALARM = 1e-9;
/** A residue above the claim that a correct protocol shows with at most this chance is no evidence for the claim either. */
const DOUBT = 0.01;
const PERCENT = (share: number): string => `${(share * 100).toFixed(3)} %`;

export function judgeCoverage(
  context: CheckContext,
  channel: JudgedChannel,
  log: BroadcastLog,
  beliefs: PeerBeliefs | undefined,
): PropertyResult | undefined {
  const claimed = claimOf(context, channel, 'coverage');
  if (claimed === undefined) return undefined;
  const sample = takeSample(context, channel, log, beliefs);
  const { judged, missed, others } = sample;
  const pairs = judged * others;
  const residue = pairs === 0 ? 0 : missed / pairs;
  const effective = judged / Math.max(1, sample.overlap);
  const chance = Math.min(
    chanceOfMean(residue, claimed.rate, effective),
    chanceWhateverHangsTogether(residue, claimed.rate),
  );
  const deaf = deafMember(sample, claimed.rate);
  const broken = judged > 0 && (chance < ALARM / 2 || deaf !== undefined);
  const touchedResidue = sample.touchedPairs === 0 ? 0 : sample.touchedMissed / sample.touchedPairs;
  const planned = operationsPlanned(context, channel.name).has('broadcast');
  const unheard =
    cutShort(context) ??
    neverUp(context) ??
    (log.roster.length > 1 && beliefs?.heard === false ? 'no member said whom it believed up' : undefined) ??
    (log.unnamed > 0 ? `${plural(log.unnamed, 'accepted broadcast')} came without its instance` : undefined);
  const claim = `the claim is ${PERCENT(claimed.rate)}`;
  const seen = `residue ${PERCENT(residue)} over ${plural(judged, 'undisturbed broadcast')}`;
  const luck = `broadcasts that spread together share their luck, these count as ${effective.toFixed(1)}, and a correct protocol shows as much with a chance of up to ${shown(chance)}`;
  const result = conclude(claimed, {
    judged,
    violations: broken ? sample.short : 0,
    witness: broken ? sample.worst : undefined,
    inapplicable: !planned
      ? 'the plan has no broadcasts on this channel'
      : judged === 0 && sample.accepted > 0 && unheard === undefined
        ? `faults touched the spread of ${plural(sample.touched, 'broadcast')} (residue ${PERCENT(touchedResidue)}), and ${sample.unfinished} came too late to be judged`
        : undefined,
    missing:
      unheard ??
      (judged === 0
        ? missingReason(sample)
        : chance < DOUBT
          ? `${seen}, far above the claim of ${PERCENT(claimed.rate)}, and too few to convict: ${luck}`
          : undefined),
    sound:
      residue > claimed.rate
        ? `${seen}, above the claim of ${PERCENT(claimed.rate)}, but not significantly: ${luck}`
        : `${seen}, ${claim}`,
    broken: `${seen}, ${claim}: ${deaf ?? `a chance below ${chance.toExponential(1)}`}`,
    details: {
      rate: claimed.rate,
      pairs,
      missed,
      residue,
      chance,
      overlap: sample.overlap,
      incomplete: sample.short,
      touched: sample.touched,
      touchedPairs: sample.touchedPairs,
      touchedMissed: sample.touchedMissed,
      unfinished: sample.unfinished,
    },
  });
  return result;
}

/** Markov's inequality: it holds even where all broadcasts share one luck. */
function chanceWhateverHangsTogether(residue: number, rate: number): number {
  return residue <= rate ? 1 : rate / residue;
}

function shown(chance: number): string {
  return chance >= 0.1 ? chance.toFixed(1) : chance.toExponential(0);
}

function missingReason(sample: Sample): string {
  if (sample.accepted === 0) return 'no broadcast was accepted';
  return `${plural(sample.unfinished, 'broadcast')} had no time to spread before the history ended`;
}

/**
 * All others are equal before a broadcast, so each member misses with the claimed rate too: one that hears little stands
 * out by itself where it is lost in the mean of all.
 */
function deafMember(sample: Sample, rate: number): string | undefined {
  for (const [name, { heard, missed }] of sample.members) {
    const trials = heard + missed;
    const chance = trials === 0 ? 1 : chanceOfMean(missed / trials, rate, trials / Math.max(1, sample.overlap));
    if (chance < ALARM / (2 * sample.members.size)) {
      return `${name} missed ${missed} of ${trials} of others, a chance below ${chance.toExponential(1)}`;
    }
  }
  return undefined;
}

interface Sample {
  /** What each member heard and missed of the judged broadcasts of others. */
  readonly members: ReadonlyMap<string, { heard: number; missed: number }>;
  /** Members that a broadcast is to reach, its origin apart, which the claimed rate leaves out. */
  others: number;
  /** Broadcasts that an origin took. */
  accepted: number;
  judged: number;
  /** (broadcast, member) pairs without delivery, and broadcasts with any. */
  missed: number;
  short: number;
  /** Largest number of judged broadcasts that were spreading at one time. */
  overlap: number;
  touched: number;
  touchedPairs: number;
  touchedMissed: number;
  unfinished: number;
  worst: Witness | undefined;
}

function takeSample(
  context: CheckContext,
  channel: JudgedChannel,
  log: BroadcastLog,
  beliefs: PeerBeliefs | undefined,
): Sample {
  const { timeline } = context;
  // Who lies owes nothing and is owed nothing.
  const liars = liarsOf(context, channel.name);
  const everybody = log.roster.map((_, i) => i).filter((i) => !liars.has(log.member(i)));
  const windowNs = (channel.bounds.deliveryMs ?? context.plan.closing.deadlineMs) * 1e6;
  const endAt = timeline.finalAt ?? timeline.lastTime;
  const quiet = disturbances(context.plan, timeline, context.conditions.schedulingMs);
  const isTouched = (from: number, until: number): boolean =>
    meets(quiet, from, until) ||
    !log.roster.every((member) => timeline.reachableThroughout(member, member, from, until)) ||
    beliefs?.completeThroughout(from, until) === false;
  const members = new Map(everybody.map((i) => [log.member(i), { heard: 0, missed: 0 }]));
  const sample: Sample = {
    members,
    others: Math.max(1, everybody.length - 1),
    accepted: 0,
    judged: 0,
    missed: 0,
    short: 0,
    overlap: 0,
    touched: 0,
    touchedPairs: 0,
    touchedMissed: 0,
    unfinished: 0,
    worst: undefined,
  };
  const spans: { from: number; until: number }[] = [];
  let most = 0;
  for (let instance = 0; instance < log.instances; instance++) {
    const slot = log.instanceOp.get(instance);
    if (slot < 0 || log.opOutcome.get(slot) === FAIL || liars.has(log.origin[instance] ?? '')) continue;
    sample.accepted++;
    const from = log.opInvokedAt.get(slot);
    const until = from + windowNs;
    if (isTouched(from, Math.min(until, endAt))) {
      sample.touched++;
      for (const member of everybody) {
        if (!timeline.upThroughout(log.member(member), from, endAt)) continue;
        sample.touchedPairs++;
        if (!log.everDelivered.has(instance, member)) sample.touchedMissed++;
      }
      continue;
    }
    if (until > endAt) {
      sample.unfinished++;
      continue;
    }
    const lacking = everybody.filter((member) => !log.everDelivered.has(instance, member));
    sample.judged++;
    // An origin that never delivers its own counts too, but a broadcast never for more than one.
    sample.missed += Math.min(sample.others, lacking.length);
    if (lacking.length > 0) sample.short++;
    for (const member of everybody) {
      const own = members.get(log.member(member));
      if (own === undefined || log.member(member) === log.origin[instance]) continue;
      if (log.everDelivered.has(instance, member)) own.heard++;
      else own.missed++;
    }
    spans.push({ from, until: Math.max(from, Math.min(until, log.lastAt.get(instance) || from)) });
    if (lacking.length > most) {
      most = lacking.length;
      const lackingNames = lacking.map((member) => log.member(member));
      const lines: (Data | undefined)[] = [log.invokeLine(slot), log.firstLine(instance)];
      sample.worst = {
        summary: `${log.name(instance)}, sent at ${clock(from)} with nothing in its way, never reached ${names(lackingNames)}.`,
        lines: lines.filter((line) => line !== undefined),
      };
    }
  }
  sample.overlap = largestOverlap(spans);
  return sample;
}

function meets(intervals: Intervals, from: number, until: number): boolean {
  return intervals.some(([on, off]) => on <= until && off > from);
}

/** The largest number of closed spans that share a point in time. */
function largestOverlap(spans: readonly { from: number; until: number }[]): number {
  const starts = Float64Array.from(spans, (span) => span.from).sort();
  const ends = Float64Array.from(spans, (span) => span.until).sort();
  let most = 0;
  let ended = 0;
  for (let started = 0; started < starts.length; started++) {
    while ((ends[ended] ?? Infinity) < (starts[started] ?? 0)) ended++;
    most = Math.max(most, started + 1 - ended);
  }
  return most;
}
