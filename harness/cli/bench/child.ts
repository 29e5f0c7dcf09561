/** One piece of work in a process of its own, so that its time and memory are its own too. */
import { execa } from 'execa';
import { programPath } from '../../clusters/real/program-path.ts';
import { processorSeconds, secondsSince } from './figure.ts';
import { JOBS, type JobName, type JobOutcome, type JobRequest } from './jobs.ts';

export interface ChildCost<Name extends JobName> {
  /** Of the work alone, without the start of the process. */
  readonly seconds: number;
  /** Processor time in that stretch. */
  readonly processorS: number;
  /** Largest resident set of the process, MB of 10^6 bytes. */
  readonly peakMB: number;
  readonly outcome: JobOutcome<Name>;
}

/** What the child does: the job that the text names; one line of JSON on stdout. */
export async function workAsChild(text: string): Promise<void> {
  const { name, request } = JSON.parse(text) as { readonly name: JobName; readonly request: never };
  const started = performance.now();
  const processorBefore = processorSeconds();
  const outcome = await JOBS[name](request);
  const cost: ChildCost<JobName> = {
    seconds: secondsSince(started),
    processorS: processorSeconds() - processorBefore,
    peakMB: (process.resourceUsage().maxRSS * 1024) / 1e6,
    outcome,
  };
  process.stdout.write(`${JSON.stringify(cost)}\n`);
}

/** Rejects when the child does. */
export async function measureInChild<Name extends JobName>(
  name: Name,
  request: JobRequest<Name>,
): Promise<ChildCost<Name>> {
  const job = JSON.stringify({ name, request });
  const { stdout } = await execa(process.execPath, [programPath('bench.js'), '--work', job], { stderr: 'inherit' });
  return JSON.parse(stdout) as ChildCost<Name>;
}
