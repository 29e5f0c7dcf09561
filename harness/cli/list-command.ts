/** `hearsay list`: protocols with their claims and settings, workloads, scenarios, faults, properties, metrics. */
import type { Command } from '@commander-js/extra-typings';
import { settingsOf } from '../../impl/protocol.ts';
import { SUITE } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { checkers } from '../../workloads/registry.ts';
import { scenarios } from '../../workloads/scenarios/registry.ts';
import { describeSetting } from '../model/settings-check.ts';
import { METRICS, STATISTICS } from '../slo/metric-names.ts';
import { type CliIo, createPaint, type Finish, type Paint } from './io.ts';
import { KNOWLEDGE } from './parts.ts';

export function addListCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('list')
    .description('list protocols with their claims, workloads, scenarios, faults, properties and metrics')
    .option('--json', 'prints one JSON object')
    .action((options) => {
      const catalogue = describeCatalogue();
      const text =
        options.json === true ? JSON.stringify(catalogue) : printCatalogue(catalogue, createPaint(io, io.stdout));
      io.stdout.write(`${text}\n`);
      finish(0);
    });
}

/** Cluster sizes for which the number of liars is shown. */
const LIST_SIZES = [4, 7, 10, 13] as const;

type Catalogue = ReturnType<typeof describeCatalogue>;

export function describeCatalogue() {
  const protocols = KNOWLEDGE.protocols.map((protocol) => ({
    name: protocol.name,
    summary: protocol.summary,
    source: protocol.source,
    role: protocol.role,
    workloads: protocol.workloads,
    lies: Object.keys(protocol.lies ?? {}),
    tolerates: (protocol.tolerates ?? []).map(({ behaviours, properties, statement, liars }) => ({
      behaviours,
      properties,
      statement,
      liars: LIST_SIZES.map((n) => ({
        n,
        most: liars(settingsOf(protocol.settings, 'default'), n),
        mostSigned: liars({ ...settingsOf<object>(protocol.settings, 'default'), signed: true }, n),
      })),
    })),
    claims: protocol.claims.map(({ property, strength, statement, source }) => ({
      property,
      strength,
      statement,
      source,
    })),
    settings: Object.entries(protocol.settings).map(([name, setting]) => ({
      name,
      default: setting.default,
      quick: setting.quick ?? setting.default,
      unit: setting.unit,
      accepts: describeSetting(setting),
      doc: setting.doc,
      source: setting.source,
    })),
  }));
  const workloads = KNOWLEDGE.workloads.map(({ name, summary, operations, properties }) => ({
    name,
    summary,
    operations,
    properties,
  }));
  const faults = NEMESES.map(({ type, flag, doc, family, heal }) => ({ type, flag, doc, family, heal }));
  const properties = checkers
    .flatMap((checker) => checker.properties)
    .map(({ name, doc }) => ({
      name,
      doc,
      workloads: workloads.filter((workload) => workload.properties.includes(name)).map((workload) => workload.name),
      claimedBy: protocols
        .filter(({ claims }) => claims.some((claim) => claim.property === name && claim.strength !== 'none'))
        .map((protocol) => protocol.name),
    }));
  const metrics = METRICS.map(({ name, unit, shape, scopes, doc }) => ({ name, unit, shape, scopes, doc }));
  const ready = [...scenarios.values()].map(({ name, summary, nodes, timeMs, protocols }) => ({
    name,
    summary,
    nodes,
    timeMs,
    protocols,
  }));
  return { suite: SUITE, protocols, workloads, scenarios: ready, faults, properties, metrics };
}

/** `f of n: 1 of 4, 2 of 7` with default settings; where signing changes it, both. */
function describeLiars(liars: Catalogue['protocols'][number]['tolerates'][number]['liars']): string {
  const list = (most: (entry: (typeof liars)[number]) => number) =>
    liars.map((entry) => `${most(entry)} of ${entry.n}`).join(', ');
  const plain = list((entry) => entry.most);
  const signed = list((entry) => entry.mostSigned);
  return plain === signed ? `at most ${plain}` : `at most ${plain}; with signed = true ${signed}`;
}

function printCatalogue(catalogue: Catalogue, paint: Paint): string {
  const lines: string[] = [paint('bold', 'PROTOCOLS'), `suite runs ${catalogue.suite.join(', ')} together`];
  for (const protocol of catalogue.protocols) {
    lines.push(
      '',
      `${paint('bold', protocol.name)} (${protocol.role}): ${protocol.summary}`,
      `  source: ${protocol.source}`,
    );
    const lies = protocol.lies.length > 0 ? `; lies: ${protocol.lies.join(', ')}` : '';
    lines.push(`  workloads: ${protocol.workloads.join(', ')}${lies}`, '  claims:');
    for (const claim of protocol.claims) lines.push(`    ${claim.property} (${claim.strength}): ${claim.statement}`);
    lines.push(`  liars: ${protocol.tolerates.length === 0 ? 'none is survived' : 'survived are'}`);
    for (const { behaviours, properties, statement, liars } of protocol.tolerates) {
      const which = behaviours === 'all' ? 'all behaviours' : behaviours.join(', ');
      lines.push(`    ${which}: ${statement}; holds: ${properties.join(', ')}; ${describeLiars(liars)}`);
    }
    lines.push('  settings (default, quick):');
    for (const setting of protocol.settings) {
      lines.push(`    ${setting.name} = ${setting.default}, ${setting.quick}: ${setting.doc}; ${setting.accepts}`);
    }
  }
  lines.push('', paint('bold', 'WORKLOADS'));
  for (const workload of catalogue.workloads) {
    lines.push(`${paint('bold', workload.name)}: ${workload.summary}`);
    for (const { f, doc } of workload.operations) lines.push(`  ${f}: ${doc}`);
  }
  lines.push('', paint('bold', 'SCENARIOS'));
  for (const { name, summary, nodes, protocols } of catalogue.scenarios) {
    lines.push(`${paint('bold', name)}: ${summary}; ${nodes.usual} members run ${protocols.join(', ')}`);
  }
  lines.push('', paint('bold', 'FAULTS'));
  for (const fault of catalogue.faults) lines.push(`${paint('bold', fault.flag)}: ${fault.doc}; heal: ${fault.heal}`);
  lines.push('', paint('bold', 'PROPERTIES'));
  for (const { name, doc, claimedBy } of catalogue.properties) {
    lines.push(
      `${paint('bold', name)}: ${doc}; claimed by ${claimedBy.length > 0 ? claimedBy.join(', ') : 'no protocol, as it needs no claim'}`,
    );
  }
  lines.push('', paint('bold', 'METRICS'), 'for --slo: METRIC or METRIC.STATISTIC, and a scope in front of a slash');
  for (const { name, unit, shape, scopes, doc } of catalogue.metrics) {
    const statistics = shape === 'distribution' ? `; statistics: ${STATISTICS.join(', ')}` : '';
    const scoped = scopes.length > 0 ? `; scopes: ${scopes.join(', ')}` : '';
    lines.push(`${paint('bold', name)} (${unit}${statistics}${scoped}): ${doc}`);
  }
  return lines.join('\n');
}
