/** Every figure of the bench, in the order of its table. */
import { checkSpeed } from './check-speed.ts';
import { controllerKill } from './controller-kill.ts';
import { datagrams } from './datagrams.ts';
import { defaultRuns } from './default-runs.ts';
import { defences } from './defences.ts';
import { exploreSpeed } from './explore-speed.ts';
import type { Figure } from './figure.ts';
import { membersSpeed } from './members-speed.ts';
import { simLarge, simSpeed } from './sim-speed.ts';
import { floodSpeed, simFloodSpeed, spreadSpeed } from './spread-speed.ts';
import { dockerStart, localStart, netnsStart } from './start-speed.ts';

export const FIGURES: readonly Figure[] = [
  simSpeed,
  simLarge,
  defaultRuns,
  membersSpeed,
  exploreSpeed,
  spreadSpeed,
  floodSpeed,
  simFloodSpeed,
  localStart,
  netnsStart,
  dockerStart,
  controllerKill,
  datagrams,
  defences,
  checkSpeed,
];
