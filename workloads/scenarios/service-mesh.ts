/**
 * Services and a control plane. Every service writes its own health, the control plane writes the configuration, and all
 * of it travels in one map by anti-entropy: services know the control plane only, so health goes up to it and
 * configuration comes down from it. Membership runs beside it, so that whoever fails is found out, and passed over.
 */
import type { Scenario } from '../../harness/model/scenario.ts';
import type { WorkloadContext, WorkloadOperation } from '../../harness/model/workload.ts';
import { arrivals } from '../open-loop.ts';

const CONTROLLERS = 3;
/** Shares of the operations: health reports of services, changes of configuration; the others read. */
const HEALTH_SHARE = 0.5;
const CONFIGURATION_SHARE = 0.2;
const ROUTES = 5;

export const serviceMesh: Scenario = {
  name: 'service-mesh',
  summary: 'health from services to a control plane of three, configuration from it to all of them; swim beside it',
  nodes: { usual: 10, least: 5, most: 100 },
  timeMs: 30_000,
  protocols: ['swim', 'anti-entropy'],
  settings: {},
  members: (count) =>
    Array.from({ length: count }, (_, i) => (i < CONTROLLERS ? `control-${i + 1}` : `service-${i + 1 - CONTROLLERS}`)),
  overlay: (members) =>
    members.map((member) => ({
      member,
      knows: members.filter((other) => other !== member && (isController(member) || isController(other))),
    })),
  plan: (workload, context) => (workload === 'register' ? healthAndConfiguration(context) : undefined),
};

function isController(name: string): boolean {
  return name.startsWith('control-');
}

function healthAndConfiguration(context: WorkloadContext): WorkloadOperation[] {
  const { members, random } = context;
  const names = members.map((member) => member.name);
  const controllers = names.filter(isController);
  const services = names.filter((name) => !isController(name));
  const draw = (from: readonly string[]): string => from[random.int(from.length)] ?? '';
  const write = (atMs: number, member: string, key: string, value: string): WorkloadOperation => {
    return { atMs, member, f: 'write', value: { key, value } };
  };
  return arrivals(context).map((atMs, serial) => {
    const share = random.next();
    if (share < HEALTH_SHARE) {
      const service = draw(services);
      // The serial number tells every report from every other.
      return write(atMs, service, `health-${service}`, `${random.int(10) === 0 ? 'degraded' : 'healthy'}#${serial}`);
    }
    const route = `config-route-${random.int(ROUTES) + 1}`;
    if (share < HEALTH_SHARE + CONFIGURATION_SHARE) {
      return write(atMs, draw(controllers), route, `weight-${random.int(100)}#${serial}`);
    }
    // Services look up their routes, the control plane looks after its services.
    const reader = draw(names);
    const key = isController(reader) ? `health-${draw(services)}` : route;
    return { atMs, member: reader, f: 'read', value: { key } };
  });
}
