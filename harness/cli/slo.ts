/** The SLO file of a call. */
import { UserError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { Slo } from '../slo/slo-file.ts';
import { readText } from './files.ts';
import { KNOWLEDGE } from './parts.ts';

export interface SloChoice {
  /** As in the file, kept with the run. */
  readonly text: string;
  readonly slos: readonly Slo[];
}

/** Throws a UserError with line and column. */
export async function readSlo(path: string, plan: Plan): Promise<SloChoice> {
  const text = readText(path, 'the SLO file');
  if (text.includes('\u0000')) {
    throw new UserError('the SLO file is a binary file', path, 'write lines such as convergence_ms.p99: "< 2000"');
  }
  const { parseSloFile } = await import('../slo/slo-file.ts');
  // Any workload and protocol that exists may be named: an SLO file serves many plans.
  const channels = [...KNOWLEDGE.protocols.map(({ name }) => name), ...plan.channels.map(({ name }) => name)];
  const scopes = { workloads: KNOWLEDGE.workloads.map(({ name }) => name), channels: [...new Set(channels)] };
  return { text, slos: parseSloFile(text, path, scopes) };
}
