import { bearsPartition, findsCrashed, showPlantedBugs } from '../primitives/conformance.ts';
import { consul } from './consul.ts';
import { consulConfirmationsRestart, consulForgetsDead, consulNeverRefutes } from './planted-bugs.ts';

showPlantedBugs(consul, [
  {
    bug: 'never refutes',
    protocol: consulNeverRefutes,
    what: 'the accused come back after a partition',
    holds: bearsPartition,
  },
  {
    bug: 'confirmations restart',
    protocol: consulConfirmationsRestart,
    what: 'a crashed member is declared dead',
    holds: findsCrashed,
  },
  {
    bug: 'forgets the dead',
    protocol: consulForgetsDead,
    what: 'the sides of a partition merge',
    holds: bearsPartition,
  },
]);
