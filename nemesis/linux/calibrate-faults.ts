/**
 * Calibration before a run: each planned link fault is brought into force alone, a few of its links and some that it is
 * to leave alone are probed, and it is taken away again. Bounded in faults, links and time.
 */
import {
  type BaselineLink,
  CALIBRATION_FORMAT,
  CALIBRATION_VERSION,
  type CalibratedFault,
  type Calibration,
  type UncalibratedFault,
} from '../../harness/model/calibration.ts';
import type { PlannedFault } from '../../harness/model/fault.ts';
import { type LinkMeasure, type ProbedMember, Probes, type ProbesOptions, type RoundOptions } from './calibrate.ts';
import {
  effectOf,
  poolReadings,
  probingOf,
  type QuietDelay,
  readTouched,
  readUntouched,
  USUAL,
} from './calibration-reading.ts';
import { type DirectedLink, type FaultSample, MOST_FAULTS, type Sampling, sampleFaults } from './calibration-sample.ts';
import type { KernelCapabilities } from './capabilities.ts';
import { type LinkRule, planLinkRules } from './link-rule.ts';
import { CommandError } from './shell.ts';

export interface FaultCalibrationOptions extends Omit<ProbesOptions, 'members'> {
  readonly faults: readonly PlannedFault[];
  /** All members. */
  readonly members: readonly ProbedMember[];
  readonly capabilities: KernelCapabilities;
  /** Brings these rules, and no others, into force at these members. */
  apply(rules: readonly LinkRule[], members: readonly string[]): Promise<void>;
}

/** No further fault is begun after so long. */
const BUDGET_MS = 5000;
/** Probes that say nothing for so long are given up. */
const PATIENCE_MS = 10_000;
const MOST_BASELINE_LINKS = 16;
const BASELINE: RoundOptions = { ...USUAL, datagrams: 100 };

/**
 * Nothing is in force afterwards. Throws what `apply` throws: a fault that cannot be made ends a run in any case. That
 * probes cannot be run ends no run: it is said in `problem`.
 */
export async function calibrateFaults(options: FaultCalibrationOptions): Promise<Calibration | undefined> {
  const names = options.members.map(({ member }) => member.name);
  const sampling = sampleFaults(options.faults, names);
  if (sampling.samples.length === 0) return undefined;
  const startMs = performance.now();
  const course = new Course(options, sampling, startMs);
  const problem = await course.run();
  return {
    format: CALIBRATION_FORMAT,
    version: CALIBRATION_VERSION,
    durationMs: Math.round(performance.now() - startMs),
    baseline: course.baseline.map(baselineLink),
    faults: course.faults,
    left: course.left,
    ...(problem === undefined ? {} : { problem }),
  };
}

class Course {
  readonly faults: CalibratedFault[] = [];
  readonly left: UncalibratedFault[];
  baseline: readonly LinkMeasure[] = [];
  readonly #options: FaultCalibrationOptions;
  readonly #sampling: Sampling;
  readonly #startMs: number;
  readonly #links: FaultCalibrationOptions['members'][number]['member'][];

  constructor(options: FaultCalibrationOptions, sampling: Sampling, startMs: number) {
    this.#options = options;
    this.#sampling = sampling;
    this.#startMs = startMs;
    this.#links = options.members.map(({ member }) => member);
    this.left = sampling.beyond.map(({ fault, ids }) => ({
      faults: ids,
      type: fault.type,
      reason: `no more than ${MOST_FAULTS} kinds of faults are calibrated`,
    }));
  }

  /** Resolves with what ended it early. */
  async run(): Promise<string | undefined> {
    const { members, probeCommand, port } = this.#options;
    const ends = new Set(this.#sampling.ends);
    const waiting = [...this.#sampling.samples];
    let probes: Probes | undefined;
    let problem: string | undefined;
    const probe = async (action: () => Promise<void>): Promise<boolean> => {
      try {
        await action();
        return true;
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        problem = error.message;
        return false;
      }
    };
    try {
      const quiet = await probe(async () => {
        probes = new Probes({ members: members.filter(({ member }) => ends.has(member.name)), probeCommand, port });
        this.baseline = await patiently(probes, { ...BASELINE, links: this.#baselineLinks() });
      });
      if (quiet && probes !== undefined) await this.#each(waiting, probes, probe);
    } finally {
      await probes?.stop();
    }
    const reason = problem === undefined ? 'calibration had taken its time before' : 'the probes had ended before';
    for (const { fault, ids } of waiting) this.left.push({ faults: ids, type: fault.type, reason });
    return problem;
  }

  async #each(
    waiting: FaultSample[],
    probes: Probes,
    probe: (action: () => Promise<void>) => Promise<boolean>,
  ): Promise<void> {
    while (waiting.length > 0 && performance.now() - this.#startMs < BUDGET_MS) {
      const sample = waiting.shift() as FaultSample;
      const { fault, ids, touched, untouched } = sample;
      const probing = probingOf(fault, touched.length);
      if (typeof probing === 'string') {
        this.left.push({ faults: ids, type: fault.type, reason: probing });
        continue;
      }
      const { apply, capabilities } = this.#options;
      const rules = planLinkRules([fault], this.#links);
      let going: boolean;
      try {
        await apply(rules, this.#sampling.ends);
        going = await probe(async () => {
          const measures = await patiently(probes, { ...probing, links: [...touched, ...untouched] });
          const read = measures.map((measure, index) => {
            const quiet = this.#quietOf(measure);
            const isTouched = index < touched.length;
            const reading = isTouched
              ? readTouched(fault, measure, quiet, probing, capabilities)
              : readUntouched(fault, measure, quiet);
            return { measure, reading, isTouched };
          });
          const own = read.filter(({ isTouched }) => isTouched);
          this.faults.push({
            faults: ids,
            type: fault.type,
            effect: effectOf(fault, own),
            pooled: poolReadings(fault, own),
            links: read.map(({ measure: { from, to, overrun }, reading, isTouched }) => ({
              from,
              to,
              touched: isTouched,
              overrun,
              ...reading,
            })),
          });
        });
      } finally {
        await apply([], this.#sampling.ends);
      }
      if (going) continue;
      waiting.unshift(sample);
      return;
    }
  }

  #baselineLinks(): DirectedLink[] {
    const links = new Map<string, DirectedLink>();
    for (const { touched, untouched } of this.#sampling.samples) {
      for (const link of [...touched, ...untouched]) {
        if (links.size < MOST_BASELINE_LINKS) links.set(JSON.stringify([link.from, link.to]), link);
      }
    }
    return [...links.values()];
  }

  /** Of the same link, else of the one in the middle: they are links of one machine, or of machines side by side. */
  #quietOf({ from, to, clockMs }: LinkMeasure): QuietDelay {
    const arrived = this.baseline.filter(({ received }) => received > 0);
    const own = arrived.find((measure) => measure.from === from && measure.to === to);
    const sorted = [...arrived].sort((a, b) => a.delay.p50Ms - b.delay.p50Ms);
    if (own !== undefined) return { ...own.delay, clockMs: 0 };
    const middle = sorted[Math.floor(sorted.length / 2)];
    const { minMs, p50Ms, p99Ms } = middle?.delay ?? { minMs: 0, p50Ms: 0, p99Ms: 0 };
    return { minMs, p50Ms, p99Ms, clockMs: clockMs + (middle?.clockMs ?? 0) };
  }
}

/** Ends probes that hang, whose questions then fail. */
async function patiently(probes: Probes, round: RoundOptions): Promise<LinkMeasure[]> {
  const roundMs = round.datagrams * round.everyMs + (round.settleMs ?? 0);
  const alarm = setTimeout(() => void probes.stop(), PATIENCE_MS + roundMs);
  try {
    return await probes.measure(round);
  } finally {
    clearTimeout(alarm);
  }
}

function baselineLink({ from, to, sent, received, overrun, delay, clockMs }: LinkMeasure): BaselineLink {
  const { minMs, p50Ms, p99Ms } = delay;
  return { from, to, sent, received, overrun, minMs, p50Ms, p99Ms, ...(clockMs === 0 ? {} : { clockMs }) };
}
