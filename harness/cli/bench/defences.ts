/**
 * What the defences against liars cost: bytes that a member sends and processor time of a whole run in the simulator,
 * without and with signatures that each member makes and checks for itself (in calm, and under the faults that give
 * membership something to sign), and without and with a limit per peer (in calm, and under a flood).
 */
import { protocols } from '../../../impl/registry.ts';
import { createOpenSim } from '../../clusters/sim/sim.ts';
import type { SignatureCounts } from '../../model/keys.ts';
import type { Plan } from '../../model/plan.ts';
import type { RequestedFault } from '../../plan/make-plan.ts';
import { runPlanSync } from '../../run/run-plan.ts';
import { JUDGE_PARTS } from '../parts.ts';
import { benchPlan, floodingMember, usualFaults } from './bench-plans.ts';
import { type Figure, median, processorSeconds, type Row } from './figure.ts';
import { threeDigits } from './table.ts';

const DEFENDED = ['swim', 'rumor'] as const;
/** A setting that is a defence, without it and with it. */
interface Defence {
  readonly name: string;
  readonly key: string;
  readonly values: readonly [without: string, having: string];
  readonly under: readonly (readonly [string, readonly RequestedFault[]])[];
}
/** Messages a second from each peer: what honest members send stays below it, and a flood does not. */
const LIMIT = '60';
const DEFENCES: readonly Defence[] = [
  {
    name: 'signed',
    key: 'signed',
    values: ['false', 'true'],
    under: [
      ['calm', []],
      ['partition, loss 0.1', usualFaults()],
    ],
  },
  {
    name: `limited to ${LIMIT}/s`,
    key: 'peerMessagesPerSecond',
    values: ['0', LIMIT],
    under: [
      ['calm', []],
      ['flood', floodingMember()],
    ],
  },
];
const FULL = { nodes: 7, timeMs: 60_000, warmUp: 3, repeats: 9 } as const;
const TINY = { nodes: 3, timeMs: 3000, warmUp: 0, repeats: 1 } as const;

interface Cost {
  readonly bytesPerMemberSecond: number;
  /** Milliseconds of processor time for each member and virtual second. */
  readonly processorMs: number;
  readonly signatures: SignatureCounts;
  readonly memberSeconds: number;
}

function cost(plan: Plan, { warmUp, repeats }: typeof FULL | typeof TINY): Cost {
  const times: number[] = [];
  let bytes = 0;
  let memberSeconds = 0;
  let signatures: SignatureCounts = { signed: 0, verified: 0 };
  for (let run = 0; run < warmUp + repeats; run++) {
    bytes = 0;
    memberSeconds = 0;
    signatures = { signed: 0, verified: 0 };
    const before = processorSeconds();
    runPlanSync({
      plan,
      cluster: 'sim',
      open: createOpenSim(protocols, { signatures }),
      parts: JUDGE_PARTS,
      record(line) {
        if (line.type !== 'traffic') return;
        memberSeconds += (line.time - line.since) / 1e9;
        for (const [, sent] of Object.values(line.sent)) bytes += sent;
      },
    });
    if (run >= warmUp) times.push(processorSeconds() - before);
  }
  const processorMs = (median(times) * 1000) / memberSeconds;
  return { bytesPerMemberSecond: bytes / memberSeconds, processorMs, signatures, memberSeconds };
}

export const defences: Figure = {
  name: 'defences',
  doc: 'bytes and processor time of swim and rumor without and with signatures, and limits per peer',
  async measure(note, size) {
    const scale = size === 'tiny' ? TINY : FULL;
    const { nodes, timeMs } = scale;
    const rows: Row[] = [];
    for (const protocol of DEFENDED) {
      for (const { name, key, values, under } of DEFENCES) {
        for (const [what, faults] of under) {
          note(`defences: ${protocol} ${name}, ${what}`);
          const [plain, defended] = values.map((text) => {
            const overrides = [{ protocol, key, text }];
            return cost(benchPlan({ nodes, timeMs, protocols: [protocol], faults, overrides }), scale);
          });
          if (plain === undefined || defended === undefined) continue;
          const label = `defences: ${protocol} ${name}, ${what}`;
          rows.push(...rowsOf(label, `${nodes} members, ${timeMs / 1000} s`, plain, defended));
        }
      }
    }
    return rows;
  },
};

function rowsOf(label: string, scale: string, plain: Cost, defended: Cost): Row[] {
  const perSecond = (count: number) => threeDigits(count / defended.memberSeconds);
  const { signed, verified } = defended.signatures;
  const made =
    signed + verified === 0 ? '' : `; ${perSecond(signed)} made and ${perSecond(verified)} checked a member and second`;
  const row = (what: string, unit: string, of: (one: Cost) => number, how: string): Row => ({
    figure: `${label}, ${what}`,
    measured: of(defended),
    wanted: undefined,
    unit,
    how: `${scale}; ${threeDigits(of(plain))} without, ${threeDigits(of(defended) / of(plain))} times as much; ${how}`,
  });
  return [
    row('sent', 'B/s', (one) => one.bytesPerMemberSecond, 'of each member, frames included'),
    row('processor', 'ms/s', (one) => one.processorMs, `of each member, simulation and judging included${made}`),
  ];
}
