/** How fast the simulator is, with every checker and metric on and nothing written. */
import { protocols } from '../../../impl/registry.ts';
import { createOpenSim } from '../../clusters/sim/sim.ts';
import type { Plan } from '../../model/plan.ts';
import { combine } from '../../model/verdict.ts';
import type { RequestedFault } from '../../plan/make-plan.ts';
import { runPlanSync } from '../../run/run-plan.ts';
import { JUDGE_PARTS } from '../parts.ts';
import { benchPlan, usualFaults } from './bench-plans.ts';
import { type Figure, median, processorSeconds, type Row, secondsSince } from './figure.ts';
import { threeDigits } from './table.ts';

const WANTED_7_S = 0.2;
const WANTED_100_S = 20;

interface Runs {
  readonly seconds: readonly number[];
  /** Processor time of each. */
  readonly processorS: readonly number[];
  readonly lines: number;
  /** Virtual, from start to end: load, then healing and closing. */
  readonly virtualS: number;
  readonly verdict: string;
}

function runs(plan: Plan, count: number): Runs {
  const seconds: number[] = [];
  const processorS: number[] = [];
  let lines = 0;
  let lastNs = 0;
  let verdict = 'none';
  for (let run = 0; run < count; run++) {
    lines = 0;
    const started = performance.now();
    const processorBefore = processorSeconds();
    const { properties } = runPlanSync({
      plan,
      cluster: 'sim',
      open: createOpenSim(protocols),
      parts: JUDGE_PARTS,
      record: (line) => {
        lines++;
        if (line.type === 'end') lastNs = line.time;
      },
    });
    seconds.push(secondsSince(started));
    processorS.push(processorSeconds() - processorBefore);
    verdict = combine(properties);
  }
  return { seconds, processorS, lines, virtualS: lastNs / 1e9, verdict };
}

function row(figure: string, wanted: number, measured: Runs, warmUp: number): Row {
  const [cold = Number.NaN] = measured.seconds;
  const warm = measured.seconds.slice(warmUp);
  const range = `${threeDigits(Math.min(...warm))} to ${threeDigits(Math.max(...warm))}`;
  const runsText =
    warmUp > 0 ? `after ${warmUp} to warm up; the first took ${threeDigits(cold)}` : 'the first one cold';
  const processor = threeDigits(median(measured.processorS.slice(warmUp)));
  const how = `median of ${warm.length} runs (${range}; processor time ${processor}), ${runsText}; ${measured.lines} lines, ${measured.verdict}, ended at ${threeDigits(measured.virtualS)} virtual s`;
  return { figure, measured: median(warm), wanted, unit: 's', how };
}

const USUAL = { nodes: 7, timeMs: 60_000, warmUp: 5, repeats: 15 } as const;
const LARGE = { nodes: 100, timeMs: 60_000, warmUp: 0, repeats: 3 } as const;
const TINY = { nodes: 3, timeMs: 3000, warmUp: 0, repeats: 1 } as const;

export const simSpeed: Figure = {
  name: 'sim',
  doc: 'suite of 7 members in sim, 60 virtual seconds',
  async measure(note, size) {
    const { nodes, timeMs, warmUp, repeats } = size === 'tiny' ? TINY : USUAL;
    const measure = (under: string, faults: RequestedFault[]): Row => {
      const title = `sim: ${nodes} members, ${timeMs / 1000} s${under}`;
      note(title);
      return row(title, WANTED_7_S, runs(benchPlan({ nodes, timeMs, faults }), warmUp + repeats), warmUp);
    };
    return [measure('', []), measure(', partition, loss 0.1', usualFaults())];
  },
};

export const simLarge: Figure = {
  name: 'sim-100',
  doc: 'suite of 100 members in sim, 60 virtual seconds',
  async measure(note, size) {
    const { nodes, timeMs, warmUp, repeats } = size === 'tiny' ? TINY : LARGE;
    const title = `sim: ${nodes} members, ${timeMs / 1000} s`;
    note(title);
    return [row(title, WANTED_100_S, runs(benchPlan({ nodes, timeMs }), warmUp + repeats), warmUp)];
  },
};
