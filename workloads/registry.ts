/** Every workload and every checker, by name. */
import type { CreateChecker } from '../harness/model/checker.ts';
import type { Workload } from '../harness/model/workload.ts';
import { aggregate } from './aggregate.ts';
import { broadcast } from './broadcast.ts';
import { createAggregateChecker } from './checkers/aggregate.ts';
import { createBroadcastSafetyChecker } from './checkers/broadcast-safety.ts';
import { createConsensusChecker } from './checkers/consensus.ts';
import { createConvergenceChecker } from './checkers/convergence.ts';
import { createDeliveryChecker } from './checkers/delivery.ts';
import { createDetectionChecker } from './checkers/detection.ts';
import { createFaultEffectChecker } from './checkers/fault-effect.ts';
import { createMembershipLegalityChecker } from './checkers/membership-legality.ts';
import { createNoCrashChecker } from './checkers/no-crash.ts';
import { createRefutationChecker } from './checkers/refutation.ts';
import { createRegisterChecker } from './checkers/register.ts';
import { createReinstatementChecker } from './checkers/reinstatement.ts';
import { consensus } from './consensus.ts';
import { membership } from './membership.ts';
import { register } from './register.ts';
import { reliableBroadcast } from './reliable-broadcast.ts';

export const workloads: ReadonlyMap<string, Workload> = new Map(
  [register, broadcast, membership, reliableBroadcast, aggregate, consensus].map((workload) => [
    workload.name,
    workload,
  ]),
);

export interface RegisteredChecker {
  readonly name: string;
  readonly create: CreateChecker;
  /** The properties it may answer with, for `hearsay list` and for protocols' claims to name. */
  readonly properties: readonly { readonly name: string; readonly doc: string }[];
}

/** In the order in which their properties are shown. */
export const checkers: readonly RegisteredChecker[] = [
  {
    name: 'convergence',
    create: createConvergenceChecker,
    properties: [
      {
        name: 'convergence',
        doc: 'after the heal the views of all correct members that are up become equal in bounded time, and those of membership true',
      },
    ],
  },
  {
    name: 'register',
    create: createRegisterChecker,
    properties: [
      {
        name: 'lost-writes',
        doc: 'every acknowledged write, or a newer one of its key, is in the final view of every correct member',
      },
      { name: 'phantom-values', doc: 'every value that is read or held at the end was written, under its own version' },
      { name: 'stale-reads', doc: "a read never goes back behind what its member's life has shown or taken before" },
      {
        name: 'version-order',
        doc: 'no member goes back to an older version of a key; a version stands for one write',
      },
    ],
  },
  {
    name: 'delivery',
    create: createDeliveryChecker,
    properties: [
      { name: 'delivery', doc: 'no broadcast is delivered twice to a life, none that was not broadcast so' },
      {
        name: 'coverage',
        doc: 'no more members stay without a broadcast than claimed, over broadcasts no fault touched',
      },
    ],
  },
  {
    name: 'detection',
    create: createDetectionChecker,
    properties: [
      { name: 'detection', doc: 'each crashed member is declared dead by every correct one, in bounded time' },
    ],
  },
  {
    name: 'refutation',
    create: createRefutationChecker,
    properties: [{ name: 'refutation', doc: 'each suspicion of a live, reachable member is refuted, in bounded time' }],
  },
  {
    name: 'reinstatement',
    create: createReinstatementChecker,
    properties: [
      {
        name: 'reinstatement',
        doc: 'each live, reachable member that was given up is listed alive again in bounded time; generations never go back',
      },
    ],
  },
  {
    name: 'membership-legality',
    create: createMembershipLegalityChecker,
    properties: [
      {
        name: 'membership-legality',
        doc: 'members move through their life cycle by allowed steps only, and up, exiting and removed upon convergence only',
      },
    ],
  },
  {
    name: 'broadcast-safety',
    create: createBroadcastSafetyChecker,
    properties: [
      {
        name: 'broadcast-safety',
        doc: 'reliable broadcast among the correct members: validity, no duplication, integrity, consistency, totality',
      },
    ],
  },
  {
    name: 'aggregate',
    create: createAggregateChecker,
    properties: [
      {
        name: 'mass-conservation',
        doc: 'each exchange gives one member what it takes from the other, once; nothing else changes what a member holds',
      },
      {
        name: 'estimate',
        doc: "in undisturbed epochs all take part with their latest inputs and end close to these inputs' aggregates",
      },
    ],
  },
  {
    name: 'consensus',
    create: createConsensusChecker,
    properties: [
      {
        name: 'consensus-safety',
        doc: 'all lives of all members decide alike, only what was proposed, each instance once',
      },
      {
        name: 'consensus-termination',
        doc: 'what was proposed at a correct member is decided by every correct one, in bounded time after the heal',
      },
    ],
  },
  {
    name: 'no-crash',
    create: createNoCrashChecker,
    properties: [{ name: 'no-crash', doc: "no member's process ends but by the plan" }],
  },
  {
    name: 'fault-effect',
    create: createFaultEffectChecker,
    properties: [{ name: 'fault-effect', doc: 'each planned fault did what was asked, as measured' }],
  },
];
