/** Test support: what the kernel counted at members' devices, beside what the members counted themselves. */
import { expect } from 'vitest';
import { swim } from '../../../impl/swim/swim.ts';
import type { OpenCluster } from '../../model/cluster.ts';
import { HEADER_BYTES, type MemberCounters } from '../../model/counters.ts';
import { Stage } from '../conformance/stage.ts';
import { planOf } from './test-context.ts';

const MEMBERS = 4;
/** Long enough that the few datagrams at its ends, which one of the two may miss, are well below what is allowed. */
const TRAFFIC_MS = 25_000;
const MOST_DIFFERENCE = 0.02;

/** Members that send each other datagrams, with no fault that would take any away between the two counts. */
export async function expectCountersAgree(open: OpenCluster): Promise<void> {
  let counters: readonly MemberCounters[] = [];
  const listening: OpenCluster = (options) =>
    open({
      ...options,
      onCounters: ({ members }) => {
        counters = members;
      },
    });
  const stage = await Stage.play(listening, {
    plan: planOf(MEMBERS, 'swim', swim),
    script(stage) {
      stage.startAll();
      stage.endAt(TRAFFIC_MS);
    },
  });
  expect(counters).toHaveLength(MEMBERS);
  for (const counter of counters) {
    const { member } = counter;
    for (const direction of ['sent', 'received'] as const) {
      const counts = stage.trafficOf(member).flatMap((line) => Object.values(line[direction]));
      const messages = counts.reduce((sum, [one]) => sum + one, 0);
      const bytes = counts.reduce((sum, [one, more]) => sum + more + one * HEADER_BYTES, 0);
      const kernel = counter[direction];
      expect(messages, member).toBeGreaterThan(50);
      const said = `${member} ${direction} packets: kernel ${kernel.packets}, own ${messages}`;
      expect(Math.abs(kernel.packets - messages) / messages, said).toBeLessThan(MOST_DIFFERENCE);
      const saidBytes = `${member} ${direction} bytes: kernel ${kernel.bytes}, own ${bytes}`;
      expect(Math.abs(kernel.bytes - bytes) / bytes, saidBytes).toBeLessThan(MOST_DIFFERENCE);
    }
  }
}
