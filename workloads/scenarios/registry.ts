/** Every scenario by its name: what `--scenario NAME` may say. */
import type { Scenario } from '../../harness/model/scenario.ts';
import { distributedDatabase } from './distributed-database.ts';
import { peerToPeer } from './peer-to-peer.ts';
import { sensors } from './sensors.ts';
import { serviceMesh } from './service-mesh.ts';

/** In the order in which they are listed to users. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [sensors, peerToPeer, distributedDatabase, serviceMesh].map((scenario) => [scenario.name, scenario]),
);
