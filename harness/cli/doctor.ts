/** Looks at the machine: what the clusters need, and whether it is there. */
import { NEMESES } from '../../nemesis/registry.ts';
import type { Environment, MachinePart } from '../clusters/machine-part.ts';
import { CLUSTERS, type ClusterName, lacking } from './clusters.ts';

export interface Finding {
  readonly cluster: ClusterName;
  readonly offered: boolean;
  readonly summary: string;
  readonly faults: readonly string[];
  readonly parts: readonly MachinePart[];
}

/** One for each cluster, the least real first. */
export async function examineMachine(environment: Environment): Promise<Finding[]> {
  const findings = await Promise.all(
    CLUSTERS.map(async ({ name, summary, parts }): Promise<Finding> => {
      const found = await parts(environment);
      const offered = lacking(found).length === 0;
      const refused = new Set<string>(found.flatMap((part) => (part.found ? [] : (part.brings ?? []))));
      const faults = offered ? NEMESES.map(({ type }) => type).filter((type) => !refused.has(type)) : [];
      return { cluster: name, offered, summary, faults, parts: found };
    }),
  );
  return findings.reverse();
}
