/** The shared suite on an engine of the tests' own, or on the one that DOCKER_HOST names; and on a Swarm of three. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { OpenCluster } from '../../model/cluster.ts';
import { clusterConformance } from '../conformance/suite.ts';
import { createOpenDocker } from './docker.ts';
import {
  skipLoudly,
  startTestEngine,
  startTestSwarm,
  type TestEngine,
  type TestSwarm,
  whyNoSwarm,
} from './test-engine.ts';

/** Scenarios at a time: more containers on one small machine would only be late. */
const AT_A_TIME = 2;

let engine: TestEngine | undefined;

describe.skipIf(skipLoudly('the docker cluster'))('on an engine', () => {
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(() => engine?.stop());
  clusterConformance(
    'docker',
    taking(AT_A_TIME, (options) => createOpenDocker({ hosts: [engine?.host ?? ''] })(options)),
  );
});

let swarm: TestSwarm | undefined;
const SWARM_START_MS = 120_000;

describe.skipIf(skipLoudly('the docker cluster on several engines', whyNoSwarm()))('on three engines', () => {
  beforeAll(async () => {
    swarm = await startTestSwarm(3);
  }, SWARM_START_MS);
  afterAll(() => swarm?.stop());
  clusterConformance(
    'docker',
    taking(AT_A_TIME, (options) => {
      // The last one is in no Swarm.
      const hosts = swarm?.engines.slice(0, -1).map(({ host }) => host);
      return createOpenDocker({ hosts })(options);
    }),
  );
});

/** Opens so many clusters at a time; the next one waits until one has run. */
function taking(most: number, open: OpenCluster): OpenCluster {
  let free = most;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return async (options) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      const cluster = await open(options);
      const run = cluster.run.bind(cluster);
      cluster.run = async () => {
        try {
          await run();
        } finally {
          release();
        }
      };
      return cluster;
    } catch (error) {
      release();
      throw error;
    }
  };
}
