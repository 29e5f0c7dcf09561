/** Plans of the conformance suite: members and channels only; each scenario plans the rest itself. */
import { type Data, settingsOf } from '../../../impl/protocol.ts';
import { protocols } from '../../../impl/registry.ts';
import { PLAN_FORMAT, PLAN_VERSION, type Plan } from '../../model/plan.ts';
import type { Scenario, Stage } from './stage.ts';

/** Nanoseconds in a millisecond. */
export const MS = 1e6;

export const PAIR = ['n1', 'n2'];

/** Anti-entropy rounds that follow each other fast give links something to be measured by. */
export const BUSY = { intervalMs: 5 };

/** Plays a scenario on the cluster under test. */
export type Play = (scenario: Scenario) => Promise<Stage>;

export function planOf(
  names: readonly string[],
  channels: { readonly [protocol: string]: { readonly [key: string]: Data } },
): Plan {
  return {
    format: PLAN_FORMAT,
    version: PLAN_VERSION,
    seed: 'conformance',
    members: names.map((name) => ({ name, startAtMs: 0 })),
    channels: Object.entries(channels).map(([name, changes]) => {
      const protocol = protocols.get(name);
      if (protocol === undefined) throw new Error(`no protocol ${name}`);
      const settings = settingsOf(protocol.settings, 'quick') as { readonly [key: string]: Data };
      return { name, protocol: name, settings: { ...settings, ...changes } };
    }),
    workloads: [],
    operations: [],
    faults: [],
    operationTimeoutMs: 1000,
    closing: { healAtMs: 1, pollEveryMs: 100, deadlineMs: 1 },
    network: { latencyMs: 1, jitterMs: 0 },
  };
}
