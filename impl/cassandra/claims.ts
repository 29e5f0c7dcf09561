/** What Cassandra's gossip promises here, and where the promise ends. */
import { allButTwo } from '../primitives/tolerance.ts';
import type { Claim, Conditions, Tolerance } from '../protocol.ts';
import { MAX_GENERATION_AHEAD } from './beliefs.ts';
import { MAX_TIMER_DRIFT } from './bounds.ts';
import { type CassandraSettings, silenceMs } from './settings.ts';

function beyond(settings: CassandraSettings, conditions: Conditions): string | undefined {
  if (conditions.timerDrift > MAX_TIMER_DRIFT) {
    return `timers drift by ${conditions.timerDrift}; the promise is for at most ${MAX_TIMER_DRIFT}`;
  }
  // Three messages to and fro, and the echo's two, in less than a quarter of the silence that convicts.
  const exchangeMs = 11 * (conditions.linkLatencyMs + conditions.schedulingMs);
  const leastMs = silenceMs(settings).least;
  if (exchangeMs * 4 >= leastMs) {
    return (
      `a healthy exchange may take ${exchangeMs} ms, and ${Math.round(leastMs)} ms of silence convict: ` +
      'live members would be convicted for ever'
    );
  }
  // One clock ahead and another one behind.
  if (2 * conditions.wallErrorMs >= MAX_GENERATION_AHEAD * 1000) {
    return 'wall clocks differ by a year, and generations that far ahead are refused';
  }
  return undefined;
}

export const cassandraClaims: readonly Claim<CassandraSettings>[] = [
  {
    property: 'convergence',
    strength: 'guaranteed',
    statement:
      'After the heal all correct members list the same members as alive, with the same application states, whatever ' +
      'was lost, cut, crashed, restarted or convicted before, both sides of a partition included. Members do not lie; ' +
      'one that left and came back has to wait for its quarantine.',
    source: 'Apache Cassandra 4.1 Gossiper; van Renesse et al. 1998 (gossip-style failure detection)',
    beyond,
  },
  {
    property: 'detection',
    strength: 'guaranteed',
    statement:
      'A life that has ended by a crash is convicted, or replaced by a later life, at every correct connected member ' +
      'once phi is above its threshold: after 18.42 mean intervals for 8, and the mean is bounded.',
    source: 'Hayashibara et al. 2004; Apache Cassandra 4.1 FailureDetector',
    beyond,
  },
  {
    property: 'reinstatement',
    strength: 'guaranteed',
    statement:
      'A live reachable member that was convicted is listed again in bounded time, without any act of refutation, none ' +
      'is left out at the end, and what a member holds of another one never goes back to an earlier life or generation, ' +
      'nor back from having left, until it restarts: then it hears all anew.',
    source: 'Apache Cassandra 4.1 Gossiper.applyStateLocally, markAlive, handleMajorStateChange',
    beyond,
  },
];

export const cassandraTolerates: readonly Tolerance<CassandraSettings>[] = [
  {
    behaviours: ['corrupt', 'flood'],
    liars: allButTwo,
    properties: ['detection', 'reinstatement'],
    statement: 'all but two may change the states of others or send too much: life is judged by heartbeats alone',
  },
];
