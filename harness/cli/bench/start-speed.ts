/** How long members take on real clusters, from nothing until each of them has answered a client. */
import type { Cluster, ClusterEvents, OpenCluster } from '../../model/cluster.ts';
import { invariant } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { type ClusterName, clusterOf, lacking } from '../clusters.ts';
import { benchPlan } from './bench-plans.ts';
import { type Figure, median, secondsSince } from './figure.ts';
import { threeDigits } from './table.ts';

const REPEATS = 3;
const PATIENCE_NS = 60e9;

interface Start {
  /** Every process has its sockets; no protocol runs yet. */
  readonly openS: number;
  readonly answeredS: number;
}

/** Each member is read from as soon as it is up. Rejects when not all have answered within a minute. */
async function startAndAsk(open: OpenCluster, plan: Plan): Promise<Start> {
  const started = performance.now();
  let cluster: Cluster | undefined;
  let up = 0;
  const answered = new Set<string>();
  let answeredS = Number.NaN;
  let failure: Error | undefined;
  const nothing = (): void => undefined;
  const events: ClusterEvents = {
    up: (member) => cluster?.invoke(member, up++, 'anti-entropy', 'read', { key: 'k0' }),
    down: (member, _life, _time, expected, reason) => {
      if (!expected) failure = new Error(`${member} went down: ${reason}`);
    },
    reply: (member, _operation, outcome) => {
      if (outcome.type === 'ok') answered.add(member);
      if (answered.size < plan.members.length) return;
      answeredS = secondsSince(started);
      cluster?.finish();
    },
    observe: nothing,
    view: nothing,
    traffic: nothing,
    links: nothing,
    failed: (error) => {
      failure = error;
      cluster?.finish();
    },
  };
  cluster = await open({ plan, events, directory: undefined });
  const openS = secondsSince(started);
  cluster.setFaults(0, []);
  for (const { name } of plan.members) cluster.start(name, 1, 1, false);
  cluster.at(PATIENCE_NS, () => cluster?.finish());
  await cluster.run();
  if (failure !== undefined) throw failure;
  const all = plan.members.length;
  invariant(answered.size === all, `of ${all} members ${up} came up and ${answered.size} answered`);
  return { openS, answeredS };
}

function startFigure(name: ClusterName, mostMembers: number, wantedS: number): Figure {
  return {
    name: `${name}-start`,
    doc: `${mostMembers} members start on ${name} and answer`,
    async measure(note, size) {
      const members = size === 'tiny' ? 3 : mostMembers;
      const entry = clusterOf(name);
      const [missing] = lacking(await entry.parts(process.env));
      if (missing !== undefined) {
        note(`SKIPPED: ${name} lacks ${missing.name} here (${missing.mend})`);
        return [];
      }
      const open = await entry.open({ calibrate: false });
      const starts: Start[] = [];
      for (let repeat = 0; repeat < (size === 'tiny' ? 1 : REPEATS); repeat++) {
        note(`${name}: ${members} members start`);
        starts.push(await startAndAsk(open, benchPlan({ nodes: members })));
      }
      const all = starts.map(({ answeredS }) => threeDigits(answeredS)).join(', ');
      const openS = median(starts.map((start) => start.openS));
      return [
        {
          figure: `${name}: ${members} members start and answer`,
          measured: median(starts.map(({ answeredS }) => answeredS)),
          wanted: wantedS,
          unit: 's',
          how: `from nothing until every member of the suite has answered a read; median of ${all}, of which ${threeDigits(openS)} until all sockets were bound`,
        },
      ];
    },
  };
}

export const localStart = startFigure('local', 50, 10);
export const netnsStart = startFigure('netns', 50, 12);
export const dockerStart = startFigure('docker', 10, 8);
