/** SWIM (Das, Gupta, Motivala 2002): time to first detection, and false suspicions of live members. */
import { falseSuspicionWhenProbed, firstProbePeriods, longestProbeGap } from '../../impl/theory/detection.ts';
import { type Cell, type Paper, SMALL } from './cell.ts';
import { playFirstProbes } from './swim-first-probe.ts';
import { playProbes } from './swim-probes.ts';

const FIRST_PROBE: readonly (readonly [n: number, random: number, roundRobin: number])[] = [
  [8, 1.515, 1.46],
  [32, 1.567, 1.55],
  [128, 1.578, 1.57],
];
const FIRST_PROBE_PAIRS = { full: 400_000, quick: 100_000 } as const;

const FALSE_SUSPICIONS: readonly (readonly [arrives: number, k: number, published: number])[] = [
  [0.95, 0, 0.154],
  [0.95, 1, 0.0286],
  [0.95, 3, 9.8e-4],
  [0.9, 0, 0.301],
  [0.9, 1, 0.103],
  [0.9, 3, 0.0122],
];
/** Members of the simulated group; the formula is for many. */
const N = 64;
/**
 * Suspicions to be seen, by expectation: their share varies by the inverse of the root of it. Small values are judged
 * more leniently.
 */
const WANTED_EVENTS = { full: 3000, quick: 1500 } as const;
const WANTED_SMALL_EVENTS = 600;
const MOST_PROBES = { full: 3_000_000, quick: 200_000 } as const;

export const swimFirstProbe: Paper = {
  name: 'swim-detection',
  reproduce({ seed, quick }) {
    const pairs = quick ? FIRST_PROBE_PAIRS.quick : FIRST_PROBE_PAIRS.full;
    const cells = FIRST_PROBE.flatMap(([n, random, roundRobin]): Cell[] => {
      const drawn = playFirstProbes(n, 'random', Math.ceil(pairs / n), seed);
      const rotated = playFirstProbes(n, 'rotation', Math.max(20 * n, Math.ceil(pairs / n)), seed);
      const row = `n=${n}`;
      return [
        {
          row,
          figure: 'first probe, random targets, periods',
          published: random,
          simulated: firstProbePeriods(n),
          measured: drawn.meanPeriods,
        },
        { row, figure: 'first probe, shuffled list, periods', simulated: roundRobin, measured: rotated.meanPeriods },
        {
          row,
          figure: 'longest gap between probes, at most 2n-1',
          published: 2 * n - 1,
          simulated: longestProbeGap(n),
          measured: rotated.longestGap,
          between: [1, 2 * n - 1],
        },
      ];
    });
    return {
      name: 'swim-detection',
      title: 'SWIM (Das et al. 2002), sections 3.1 and 4.3: first detection of a crash',
      method: `targets by impl/primitives/rotation.ts, or drawn at random, ${pairs} probes or more`,
      cells,
    };
  },
};

export const swimFalseSuspicions: Paper = {
  name: 'swim-false',
  reproduce({ seed, quick }) {
    const usual = quick ? WANTED_EVENTS.quick : WANTED_EVENTS.full;
    const most = quick ? MOST_PROBES.quick : MOST_PROBES.full;
    const cells = FALSE_SUSPICIONS.map(([arrives, k, published]): Cell => {
      const simulated = falseSuspicionWhenProbed({ arrives, alive: 1, indirect: k });
      const events = published < SMALL ? WANTED_SMALL_EVENTS : usual;
      // A probed member is probed by 1.6 others on average.
      const wanted = Math.ceil((1.6 * events) / simulated);
      const periods = Math.ceil(Math.min(most, wanted) / N);
      const counts = playProbes({ n: N, arrives, indirect: k, periods, seed: `${seed} ${arrives} ${k}` });
      return {
        row: `q_ml=${arrives} k=${k}`,
        figure: 'false suspicions of a probed member per period',
        published,
        simulated,
        measured: counts.falseSuspicions / counts.probedMemberPeriods,
        notGated: wanted > most ? 'too few probes' : undefined,
      };
    });
    return {
      name: 'swim-false',
      title: 'SWIM (Das et al. 2002), section 3.1: false suspicions at q_f = 1',
      method: `the probes of impl/swim among ${N} members in lock-step, news held back; per member and period in which it was probed`,
      cells,
    };
  },
};
