/** One stored run judged in a process of its own, so that its time and memory are its own too. */
import { execa } from 'execa';
import { judgeStoredRun } from '../stored-run.ts';
import { processorSeconds, secondsSince } from './figure.ts';

export interface JudgeCost {
  readonly seconds: number;
  /** Processor time in that stretch. */
  readonly processorS: number;
  /** Largest resident set of the process, MB of 10^6 bytes. */
  readonly peakMB: number;
  readonly verdict: string;
  /** Properties that are not valid, with their reasons. */
  readonly flaws: readonly string[];
}

/** What the child does: as `hearsay check RUN`; one line of JSON on stdout. */
export async function judgeAsChild(runDirectory: string): Promise<void> {
  const started = performance.now();
  const processorBefore = processorSeconds();
  const verdict = await judgeStoredRun(runDirectory, { partial: false, write: false, slo: undefined });
  const cost: JudgeCost = {
    seconds: secondsSince(started),
    processorS: processorSeconds() - processorBefore,
    peakMB: (process.resourceUsage().maxRSS * 1024) / 1e6,
    verdict: verdict.verdict,
    flaws: verdict.properties
      .filter((property) => property.verdict === 'invalid' || property.verdict === 'unknown')
      .map((property) => `${property.name}: ${property.reason}`),
  };
  process.stdout.write(`${JSON.stringify(cost)}\n`);
}

/** Rejects when the child does. */
export async function judgeInChild(runDirectory: string): Promise<JudgeCost> {
  const program = process.argv[1] as string;
  const { stdout } = await execa(process.execPath, [program, '--judge', runDirectory], { stderr: 'inherit' });
  return JSON.parse(stdout) as JudgeCost;
}
