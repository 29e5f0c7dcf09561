import { bearsLosses, bearsPartition, findsCrashed, showPlantedBugs } from '../primitives/conformance.ts';
import type { World } from '../testkit.ts';
import { swimForgetsDead, swimInflatesOthers, swimNeverDetects, swimNeverRefutes } from './planted-bugs.ts';
import { swim } from './swim.ts';

/** Whether every incarnation that was spoken of is one that its member raised itself to. */
function raisesOwnOnly(world: World, seed: string): boolean {
  bearsLosses(world, seed);
  const raised = new Map<string, number>();
  return world.seen.every(({ member, observation }) => {
    if (observation.kind === 'refute') raised.set(member, observation.incarnation);
    return observation.kind !== 'status' || observation.incarnation <= (raised.get(observation.subject) ?? 0);
  });
}

showPlantedBugs(swim, [
  {
    bug: 'never refutes',
    protocol: swimNeverRefutes,
    what: 'the accused come back after losses',
    holds: bearsLosses,
  },
  {
    bug: 'inflates others',
    protocol: swimInflatesOthers,
    what: 'incarnations are raised by their members only',
    holds: raisesOwnOnly,
  },
  {
    bug: 'never detects',
    protocol: swimNeverDetects,
    what: 'a crashed member is declared dead',
    holds: findsCrashed,
  },
  {
    bug: 'forgets the dead',
    protocol: swimForgetsDead,
    what: 'the sides of a partition merge',
    holds: bearsPartition,
  },
]);
