/** What Consul's membership promises here, and where the promise ends. */
import { beyondProbing } from '../primitives/probe-assumptions.ts';
import { allButTwo } from '../primitives/tolerance.ts';
import type { Claim, Tolerance } from '../protocol.ts';
import type { ConsulSettings } from './settings.ts';

export const consulClaims: readonly Claim<ConsulSettings>[] = [
  {
    property: 'convergence',
    strength: 'guaranteed',
    statement:
      'After the heal all correct members list the same members as alive, whatever was lost, cut, crashed, restarted ' +
      'or declared dead before, both sides of a partition included. Members do not lie.',
    source: 'memberlist push-pull; Serf reconnect',
    beyond: beyondProbing,
  },
  {
    property: 'detection',
    strength: 'guaranteed',
    statement:
      'A life that has ended by a crash is declared dead, or replaced by a later life, at every correct connected ' +
      "member in bounded time, though members' own bad health and unconfirmed suspicions put it off.",
    source: 'SWIM sections 3.1 and 4.3; Lifeguard sections IV-A and IV-B',
    beyond: beyondProbing,
  },
  {
    property: 'refutation',
    strength: 'guaranteed',
    statement:
      'A suspicion or death of a live reachable member is refuted in bounded time, no such member is held dead at the ' +
      'end, only a member itself raises its incarnation, and only when it was accused, and within the life of an ' +
      'observer what it says of a member only moves up in the order (life, incarnation, status), over restarts with ' +
      'state too.',
    source: "SWIM section 4.2; memberlist refute; Lifeguard's buddy system",
    beyond: beyondProbing,
  },
];

export const consulTolerates: readonly Tolerance<ConsulSettings>[] = [
  {
    behaviours: ['no-refute', 'replay'],
    liars: allButTwo,
    properties: ['refutation'],
    statement:
      'all but two may let accusations of themselves stand or repeat old messages; against accusations of others there is no defence',
  },
];
