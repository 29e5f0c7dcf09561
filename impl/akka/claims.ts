/** What Akka's membership promises here, and where the promise ends. */
import { allButOne } from '../primitives/tolerance.ts';
import type { Claim, Conditions, Tolerance } from '../protocol.ts';
import { MAX_TIMER_DRIFT } from './bounds.ts';
import type { AkkaSettings } from './settings.ts';

/** Faults that can make a live member unreachable. */
const SEPARATING = [
  'partition',
  'loss',
  'delay',
  'reorder',
  'corrupt',
  'bandwidth',
  'pause',
  'slow',
  'cpu',
  'disk-full',
  'timer-drift',
];

function beyondAny(settings: AkkaSettings, conditions: Conditions): string | undefined {
  if (conditions.timerDrift > MAX_TIMER_DRIFT) {
    return `timers drift by ${conditions.timerDrift}; the promise is for at most ${MAX_TIMER_DRIFT}`;
  }
  const roundTripMs = 2 * (conditions.linkLatencyMs + conditions.schedulingMs);
  if (roundTripMs >= settings.acceptablePauseMs) {
    return (
      `a healthy round trip may take ${roundTripMs} ms, and ${settings.acceptablePauseMs} ms of silence are forgiven: ` +
      'live members would be unreachable for ever'
    );
  }
  return undefined;
}

/** Where lives are lost, and what becomes of them hangs on downing. */
function beyondLosses(settings: AkkaSettings, conditions: Conditions): string | undefined {
  const any = beyondAny(settings, conditions);
  if (any !== undefined) return any;
  const lost = conditions.livesLost.length;
  if (settings.downing === 'off') {
    if (lost === 0) return undefined;
    return (
      'lives are lost and downing is off: an unreachable member stays one, holds up convergence, and with it the ' +
      'removal of former incarnations'
    );
  }
  const separating = conditions.kinds.filter((kind) => SEPARATING.includes(kind));
  if (separating.length > 0) {
    return (
      `keep-majority takes live members down when ${separating.join(', ')} makes them unreachable, and where not all ` +
      'see the same split, sides that took each other down stay two clusters'
    );
  }
  return 2 * lost >= conditions.n
    ? 'keep-majority needs more than half of the members; with fewer all go down'
    : undefined;
}

export const akkaClaims: readonly Claim<AkkaSettings>[] = [
  {
    property: 'convergence',
    strength: 'guaranteed',
    statement:
      'After the heal all members hold the same state: the same members at the same place in the life cycle, and all ' +
      'that are up reachable; members that were unreachable meanwhile, on both sides of a partition, included. Where ' +
      'lives are lost only with keep-majority, which in turn promises nothing once faults separate live members.',
    source: 'Akka 2.6 Cluster Membership Service: gossip, convergence',
    beyond: beyondLosses,
  },
  {
    property: 'detection',
    strength: 'guaranteed',
    statement:
      'With keep-majority, a life that has ended by a crash is taken down, or replaced by a later incarnation, at every ' +
      'member. Without downing nothing is promised: it is unreachable, and stays a member.',
    source: 'Akka 2.6 split brain resolver',
    beyond: (settings, conditions) =>
      settings.downing === 'off' ? 'downing is off: nobody is declared dead' : beyondLosses(settings, conditions),
  },
  {
    property: 'reinstatement',
    strength: 'guaranteed',
    statement:
      'A live member that was unreachable is reachable again in bounded time after it can be reached, or, where it was ' +
      'taken down meanwhile, back as its next incarnation; no earlier incarnation ever comes back.',
    source: 'Akka 2.6 Cluster: reachability, failure detector',
    beyond: beyondLosses,
  },
  {
    property: 'membership-legality',
    strength: 'guaranteed',
    statement:
      'Every member makes only the transitions of the life cycle, hears of none that they do not add up to, and ' +
      'removed members never come back; only convergence brings members up, lets them exit, and removes them.',
    source: 'Akka 2.6 Member.allowedTransitions; Cluster Membership Service, membership life cycle',
  },
];

export const akkaTolerates: readonly Tolerance<AkkaSettings>[] = [
  {
    behaviours: ['withhold', 'replay', 'flood', 'flap'],
    liars: allButOne,
    properties: ['membership-legality'],
    statement: 'any number may be silent, repeat old messages, or send too many, which is what links do too',
  },
];
