/** How fast the models of spreading are: many runs in cycles, and floods to very many members. */
import { type ChildCost, measureInChild } from './child.ts';
import { type Figure, median, type Row } from './figure.ts';
import type { JobName, JobRequest } from './jobs.ts';
import { threeDigits } from './table.ts';

const REPEATS = 3;
/** What a flood is to reach (for large n), and how near. */
const REACHED = 1 - Math.exp(-9);
const WANTED_OFF_PERCENT = 0.01;

const SPREAD = { full: { n: 1000, runs: 1000 }, tiny: { n: 50, runs: 20 }, wantedS: 3 } as const;
const FLOOD = { full: { n: 1_000_000 }, tiny: { n: 5000 }, wantedS: 3, wantedMB: 500 } as const;
const SIM_FLOOD = {
  full: { small: { n: 100_000 }, large: { n: 1_000_000 } },
  tiny: { small: { n: 1000 }, large: { n: 5000 } },
  wantedMicrosPerSend: 1,
  wantedS: 20,
  wantedMB: 1000,
} as const;

/** The same work several times, each in a process of its own. */
async function repeated<Name extends JobName>(
  name: Name,
  request: JobRequest<Name>,
  repeats: number,
): Promise<ChildCost<Name>[]> {
  const costs: ChildCost<Name>[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) costs.push(await measureInChild(name, request));
  return costs;
}

function timesText(costs: readonly ChildCost<JobName>[]): string {
  const all = costs.map(({ seconds }) => threeDigits(seconds)).join(', ');
  return `median of ${all} s (processor time ${threeDigits(median(costs.map(({ processorS }) => processorS)))} s), each in a process of its own`;
}

const seconds = (costs: readonly ChildCost<JobName>[]): number => median(costs.map((cost) => cost.seconds));

function memoryRow(figure: string, costs: readonly ChildCost<JobName>[], wanted: number): Row {
  const how = 'largest resident set of the process that does it, the whole program included';
  return { figure: `${figure}, memory`, measured: median(costs.map(({ peakMB }) => peakMB)), wanted, unit: 'MB', how };
}

function coverageRow(figure: string, reached: number): Row {
  return {
    figure: `${figure}, coverage off 1-e^-9`,
    measured: Math.abs(reached - REACHED) * 100,
    wanted: WANTED_OFF_PERCENT,
    unit: '%',
    how: `${(100 * reached).toFixed(4)} % of the members reached, ${(100 * REACHED).toFixed(4)} % expected`,
  };
}

export const spreadSpeed: Figure = {
  name: 'spread',
  doc: `hearsay spread: ${SPREAD.full.runs} runs of push among ${SPREAD.full.n} members`,
  async measure(note, size) {
    const { n, runs } = SPREAD[size];
    const figure = `spread: ${n} members, ${runs} runs`;
    note(figure);
    const costs = await repeated('spread', { n, runs }, size === 'tiny' ? 1 : REPEATS);
    const residue = costs[0]?.outcome.residue ?? Number.NaN;
    const how = `push, feedback, counter 2, residue ${threeDigits(residue)}; ${timesText(costs)}`;
    return [{ figure, measured: seconds(costs), wanted: SPREAD.wantedS, unit: 's', how }];
  },
};

export const floodSpeed: Figure = {
  name: 'flood',
  doc: `a flood in cycles (push, fanout 10, each once, 10 % loss) to ${FLOOD.full.n} members`,
  async measure(note, size) {
    const { n } = FLOOD[size];
    const figure = `flood: ${n} members in cycles`;
    note(figure);
    const costs = await repeated('lockStepFlood', { n }, size === 'tiny' ? 1 : REPEATS);
    const { sends, reached } = costs[0]?.outcome ?? { sends: Number.NaN, reached: Number.NaN };
    const how = `push, fanout 10, each member once, 10 % loss, ${sends} sends; ${timesText(costs)}`;
    return [
      { figure: `${figure}, time`, measured: seconds(costs), wanted: FLOOD.wantedS, unit: 's', how },
      memoryRow(figure, costs, FLOOD.wantedMB),
      coverageRow(figure, reached),
    ];
  },
};

export const simFloodSpeed: Figure = {
  name: 'sim-flood',
  doc: `the same event by event, delays of 10 to 100 ms, overlay of out-degree 10, to ${SIM_FLOOD.full.small.n} and ${SIM_FLOOD.full.large.n} members`,
  async measure(note, size) {
    const { small, large } = SIM_FLOOD[size];
    const repeats = size === 'tiny' ? 1 : REPEATS;
    const rows: Row[] = [];
    for (const { n } of [small, large]) {
      const figure = `sim-flood: ${n} members`;
      note(figure);
      const costs = await repeated('eventFlood', { n }, repeats);
      const { sends, events, reached } = costs[0]?.outcome ?? { sends: 0, events: 0, reached: Number.NaN };
      const took = seconds(costs);
      const rate = `${threeDigits(sends / took / 1e6)} million sends/s`;
      const how = `${sends} sends, ${events} events in order of time, the drawing of the overlay included, ${rate}; ${timesText(costs)}`;
      if (n === small.n) {
        const each = { measured: (took * 1e6) / sends, wanted: SIM_FLOOD.wantedMicrosPerSend, unit: 'µs' };
        rows.push({ figure: `${figure}, a send`, ...each, how });
      } else {
        rows.push({ figure: `${figure}, time`, measured: took, wanted: SIM_FLOOD.wantedS, unit: 's', how });
        rows.push(memoryRow(figure, costs, SIM_FLOOD.wantedMB));
      }
      rows.push(coverageRow(figure, reached));
    }
    return rows;
  },
};
