/** What members have counted is told when they end. An engine may take seconds for that, and the run waits for it. */
import { expect, it } from 'vitest';
import { planOf, propertyOf, runOnSim } from './test-scenario.ts';

const S = 1e9;

/** What is said of the faults where each member ends so long after it was told to, s. */
function faultEffect(endsAfterS: number) {
  const faults = { partition: true, loss: '10%' } as const;
  const plan = planOf('slow-ending', faults, { protocols: ['swim', 'rumor'], nodes: 5, timeMs: 12_000 });
  let stops = 0;
  const { properties } = runOnSim(plan, {
    bend: (cluster) => {
      const stop = cluster.stop.bind(cluster);
      cluster.stop = (member) => cluster.at(cluster.now() + endsAfterS * S, () => stop(member));
    },
    record: (line) => {
      if (line.type === 'member' && line.event === 'stop') stops++;
    },
  });
  const { verdict, reason } = propertyOf(properties, 'fault-effect');
  return { verdict, reason, stops };
}

it('waits for members that take 10 s to end', () => {
  expect(faultEffect(10)).toMatchObject({ verdict: 'valid', stops: 5 });
});

it('gives up on those that do not end, and says that their counts are missing', () => {
  expect(faultEffect(60)).toMatchObject({
    verdict: 'unknown',
    reason: expect.stringContaining('no member left its counts of what it sent'),
    stops: 0,
  });
});
