/** What SWIM promises here, and where the promise ends. */
import { beyondProbing } from '../primitives/probe-assumptions.ts';
import { allButTwo, whereSigned } from '../primitives/tolerance.ts';
import type { Claim, Tolerance } from '../protocol.ts';
import type { SwimSettings } from './settings.ts';

export const swimClaims: readonly Claim<SwimSettings>[] = [
  {
    property: 'convergence',
    strength: 'guaranteed',
    statement:
      'After the heal all correct members list the same members as alive, whatever was lost, cut, crashed, restarted ' +
      'or declared dead before, both sides of a partition included. Members do not lie.',
    source: 'Demers et al. 1987 (anti-entropy); memberlist push-pull and gossip to the dead',
    beyond: beyondProbing,
  },
  {
    property: 'detection',
    strength: 'guaranteed',
    statement:
      'A life that has ended by a crash is declared dead, or replaced by a later life, at every correct connected ' +
      'member in bounded time.',
    source: 'SWIM sections 3.1 and 4.3 (time-bounded completeness)',
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
    source: "SWIM section 4.2; Lifeguard's buddy system",
    beyond: beyondProbing,
  },
];

export const swimTolerates: readonly Tolerance<SwimSettings>[] = [
  {
    behaviours: ['no-refute', 'replay', 'flood'],
    liars: allButTwo,
    properties: ['detection', 'refutation'],
    statement:
      'all but two may let accusations of themselves stand, repeat old messages, or send too many: each finds out about each by itself',
  },
  {
    behaviours: ['accuse', 'forge', 'sybil', 'bad-signature'],
    liars: whereSigned<SwimSettings>(allButTwo),
    properties: ['refutation'],
    statement:
      'signed: all but two may accuse whom they like and speak for others: nobody raises the incarnation of a member that does not lie, and none is given up for what was only heard',
  },
];
