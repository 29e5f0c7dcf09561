/**
 * Every scenario in the simulator, plain and under faults: all that applies is valid, on as many seeds as HEARSAY_SEEDS
 * says. And what is broken in them is found out: a flaw in the protocol, a cut that stays, members that know fewer than
 * the plan has it.
 */
import { describe, expect, test } from 'vitest';
import { JUDGE_PARTS, KNOWLEDGE } from '../../harness/cli/parts.ts';
import { createOpenSim } from '../../harness/clusters/sim/sim.ts';
import { baseDelayOf } from '../../harness/model/base-links.ts';
import { conditionsOf } from '../../harness/model/conditions.ts';
import type { HistoryLine } from '../../harness/model/history.ts';
import { overlayOf, unreachable } from '../../harness/model/overlay.ts';
import type { Plan } from '../../harness/model/plan.ts';
import { checkPlan } from '../../harness/model/plan-check.ts';
import type { Scenario } from '../../harness/model/scenario.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import { ignores, neverHeals } from '../../harness/proof/broken-clusters.ts';
import {
  type FaultFlags,
  planOf,
  propertyOf,
  runOnSim,
  type SimScenario,
  seedCount,
} from '../../harness/proof/test-scenario.ts';
import { runPlanSync } from '../../harness/run/run-plan.ts';
import { createAggregation } from '../../impl/aggregation/aggregation.ts';
import { createAntiEntropy } from '../../impl/anti-entropy/anti-entropy.ts';
import { protocols } from '../../impl/registry.ts';
import { createRumor } from '../../impl/rumor/rumor.ts';
import { distributedDatabase } from './distributed-database.ts';
import { peerToPeer } from './peer-to-peer.ts';
import { scenarios } from './registry.ts';
import { sensors } from './sensors.ts';
import { serviceMesh } from './service-mesh.ts';

const SEEDS = seedCount(2);

function planFor(scenario: Scenario, seed: string, faults: FaultFlags = {}, nodes = scenario.nodes.usual): Plan {
  const { timeMs, protocols: names, workloads } = scenario;
  const plan = planOf(seed, faults, { scenario, nodes, timeMs, protocols: names, workloads });
  checkPlan(plan, KNOWLEDGE, scenario.name);
  return plan;
}

const flawed = (properties: readonly PropertyResult[]): string[] =>
  properties.flatMap(({ name, channel, verdict, reason }) =>
    verdict === 'invalid' || verdict === 'unknown' ? [`${name} of ${channel}: ${verdict}, ${reason}`] : [],
  );

/** What makes a run of the scenario worth something: liveness that is judged, and valid. */
const LIVE: Readonly<Record<string, readonly (readonly [property: string, channel: string])[]>> = {
  sensors: [['estimate', 'aggregation']],
  'peer-to-peer': [
    ['convergence', 'anti-entropy'],
    ['coverage', 'rumor'],
  ],
  'distributed-database': [['convergence', 'anti-entropy']],
  'service-mesh': [
    ['convergence', 'swim'],
    ['convergence', 'anti-entropy'],
  ],
};

const FAULTS: readonly (readonly [string, FaultFlags])[] = [
  ['nothing', {}],
  ['a partition and loss', { partition: true, loss: '0.1' }],
  ['kills', { kill: true }],
  ['delays, copies and lost bits', { delay: '50ms,20ms', duplicate: '10%', corrupt: '5%' }],
];

test('what must be live is said of every scenario', () => {
  expect(Object.keys(LIVE).sort()).toEqual([...scenarios.keys()].sort());
  for (const [name, live] of Object.entries(LIVE)) expect(live, name).not.toEqual([]);
});

/** Where everybody knows everybody. */
const WITHOUT_OVERLAY: readonly Scenario[] = [distributedDatabase];

for (const scenario of scenarios.values()) {
  test.each(FAULTS)(`${scenario.name} is valid under %s`, (_name, faults) => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const { properties } = runOnSim(planFor(scenario, `scenario-${seed}`, faults));
      expect(flawed(properties), `seed scenario-${seed}`).toEqual([]);
      for (const [property, channel] of LIVE[scenario.name] ?? []) {
        const { verdict, beyondClaims } = propertyOf(properties, property, channel);
        expect([property, verdict, beyondClaims]).toEqual([property, 'valid', undefined]);
      }
      if (Object.keys(faults).length > 0) expect(propertyOf(properties, 'fault-effect').verdict).toBe('valid');
    }
  });

  test(`${scenario.name} makes a plan that is sound at every size it allows`, () => {
    const { least, usual, most } = scenario.nodes;
    for (const nodes of new Set([least, usual, Math.min(most, 40)])) {
      for (let seed = 0; seed < 20; seed++) {
        const plan = planFor(scenario, `size-${seed}`, {}, nodes);
        const graph = overlayOf(plan);
        expect(graph === undefined).toBe(WITHOUT_OVERLAY.includes(scenario));
        if (graph !== undefined) expect(unreachable(graph)).toBeUndefined();
        expect(new Set(plan.members.map(({ name }) => name)).size).toBe(nodes);
      }
    }
  });

  test(`${scenario.name} gives the same history through the codec`, () => {
    const plan = planFor({ ...scenario, timeMs: 5000 }, 'codec', { loss: '0.1' });
    expect(runOnSim(plan, { codec: true }).hash).toBe(runOnSim(plan).hash);
  });
}

describe('who talks to whom', () => {
  /** Sender -> whom it sent datagrams to. */
  function traffic(plan: Plan): Map<string, Set<string>> {
    const sent = new Map<string, Set<string>>();
    runOnSim(plan, {
      record: (line: HistoryLine) => {
        if (line.type !== 'links') return;
        const to = sent.get(line.member) ?? new Set();
        for (const name of Object.keys(line.sent)) to.add(name);
        sent.set(line.member, to);
      },
    });
    return sent;
  }

  test.each([sensors, peerToPeer])('over the overlay only: $name', (scenario) => {
    const plan = planFor(scenario, 'edges');
    const graph = overlayOf(plan) ?? new Map<string, readonly string[]>();
    const sent = traffic(plan);
    expect([...sent.keys()].sort()).toEqual(plan.members.map(({ name }) => name).sort());
    for (const [from, targets] of sent) {
      // Who is drawn answers.
      const allowed = [...graph.keys()].filter((to) => graph.get(from)?.includes(to) || graph.get(to)?.includes(from));
      expect([...targets].sort()).toEqual(allowed.sort());
      expect(allowed.length).toBeLessThan(plan.members.length - 1);
    }
  });

  test('services of a mesh know the control plane only, and health and configuration are written where they belong', () => {
    const plan = planFor(serviceMesh, 'mesh');
    expect(plan.overlay).toHaveLength(plan.members.length);
    for (const { member, knows } of plan.overlay ?? []) {
      if (member.startsWith('service')) expect(knows).toEqual(['control-1', 'control-2', 'control-3']);
      else expect(knows).toHaveLength(9);
    }
    const writes = plan.operations.filter(({ f }) => f === 'write');
    expect(writes.length).toBeGreaterThan(100);
    for (const { member, value } of writes) {
      const { key } = value as { key: string };
      if (member.startsWith('service')) expect(key).toBe(`health-${member}`);
      else expect(key).toMatch(/^config-route-\d$/);
    }
  });
});

test('zones are as far apart as the plan says, and no fault is held to account for it', () => {
  const plan = planFor(distributedDatabase, 'wan');
  const means: number[] = [];
  runOnSim(plan, {
    record: (line: HistoryLine) => {
      if (line.type !== 'links') return;
      for (const [from, receipt] of Object.entries(line.received)) {
        const mean = receipt.delaySum / receipt.received;
        const { meanMs } = baseDelayOf(plan, from, line.member);
        if (receipt.received < 30) continue;
        expect(Math.abs(mean - meanMs - 0.75)).toBeLessThan(2);
        means.push(meanMs);
      }
    },
  });
  expect([...new Set(means)].sort()).toEqual([0, 45]);
  expect(conditionsOf(plan, 'sim').linkLatencyMs).toBe(51);
  expect(conditionsOf(plan, 'local').linkLatencyMs).toBe(52);
});

describe('what is broken is found out', () => {
  interface Break {
    readonly name: string;
    readonly scenario: Scenario;
    readonly faults: FaultFlags;
    readonly property: string;
    readonly how: SimScenario;
  }
  const swap = (over: SimScenario['swap']): SimScenario => ({ swap: over ?? {} });
  const breaks: readonly Break[] = [
    {
      name: 'sensors that forget an exchange whose answer is late',
      scenario: sensors,
      faults: { loss: '0.2' },
      property: 'mass-conservation',
      how: swap({ aggregation: createAggregation('aggregation', '', { forgetsPending: true }) }),
    },
    {
      name: 'sensors that carry the maximum on',
      scenario: sensors,
      faults: {},
      property: 'estimate',
      how: swap({ aggregation: createAggregation('aggregation', '', { keepsExtremes: true }) }),
    },
    {
      name: 'peers that pass over half of the rumours',
      scenario: peerToPeer,
      faults: {},
      property: 'coverage',
      how: swap({ rumor: createRumor('rumor', '', { drops: 0.5 }) }),
    },
    {
      name: 'a database that keeps a key to itself',
      scenario: distributedDatabase,
      faults: {},
      property: 'convergence',
      how: swap({ 'anti-entropy': createAntiEntropy('anti-entropy', '', { dropsKey: true }) }),
    },
    {
      name: 'a mesh that acknowledges writes and forgets them',
      scenario: serviceMesh,
      faults: {},
      property: 'lost-writes',
      how: swap({ 'anti-entropy': createAntiEntropy('anti-entropy', '', { forgetsEvery: 5 }) }),
    },
    ...[...scenarios.values()].map((scenario) => ({
      name: `a cut that never heals: ${scenario.name}`,
      scenario,
      faults: { partition: 'halves' },
      property: scenario === sensors ? 'estimate' : 'convergence',
      how: { bend: neverHeals },
    })),
    {
      name: 'a delay between zones that is announced and never made',
      scenario: distributedDatabase,
      faults: { delay: '30ms,5ms' },
      property: 'fault-effect',
      how: { bend: ignores('delay') },
    },
  ];
  test.each(breaks)('$name', ({ scenario, faults, property, how }) => {
    const plan = planFor(scenario, 'broken', faults);
    const found = runOnSim(plan, how).properties.filter(({ name }) => name === property);
    expect(found.map(({ verdict }) => verdict)).toContain('invalid');
    // The control: the same plan with nothing broken.
    const spared = runOnSim(plan).properties.filter(({ name }) => name === property);
    expect(spared.length).toBeGreaterThan(0);
    expect(spared.map(({ verdict }) => verdict)).toEqual(spared.map(() => 'valid'));
  });

  test.each(['sensors', 'peer-to-peer', 'service-mesh'])('members that know their own half only: %s', (name) => {
    const scenario = scenarios.get(name);
    if (scenario === undefined) throw new Error(name);
    const plan = planFor(scenario, 'halves');
    const names = plan.members.map((member) => member.name);
    const halves = [names.slice(0, names.length / 2), names.slice(names.length / 2)];
    const overlay = halves.flatMap((half) =>
      half.map((member) => ({ member, knows: half.filter((other) => other !== member) })),
    );
    const open = createOpenSim(protocols);
    const { properties } = runPlanSync({
      plan,
      cluster: 'sim',
      open: (options) => open({ ...options, plan: { ...plan, overlay } }),
      parts: JUDGE_PARTS,
    });
    const verdicts = new Map(properties.map((property) => [`${property.name} ${property.channel}`, property.verdict]));
    const live = (LIVE[name] ?? []).filter(([, channel]) => channel !== 'swim');
    expect(live.length).toBeGreaterThan(0);
    for (const [property, channel] of live) {
      expect([property, verdicts.get(`${property} ${channel}`)]).toEqual([property, 'invalid']);
    }
  });
});
