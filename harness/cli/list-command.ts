/** `hearsay list`: protocols with their claims and settings, workloads, scenarios, faults, properties, metrics. */
import type { Command } from '@commander-js/extra-typings';
import { FLOOD_PER_SECOND, flood } from '../../impl/primitives/lying.ts';
import { settingsOf } from '../../impl/protocol.ts';
import { SUITE } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { checkers } from '../../workloads/registry.ts';
import { scenarios } from '../../workloads/scenarios/registry.ts';
import { UserError } from '../model/errors.ts';
import { describeSetting } from '../model/settings-check.ts';
import { METRICS, STATISTICS } from '../slo/metric-names.ts';
import { type CliIo, createPaint, type Finish, type Paint } from './io.ts';
import { KNOWLEDGE } from './parts.ts';

export function addListCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('list')
    .description('list protocols with their claims, workloads, scenarios, faults, properties and metrics')
    .argument('[names...]', 'only what is called so: swim, register, loss, convergence (default everything)')
    .option('--json', 'prints one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((names, options) => {
      const catalogue = only(describeCatalogue(), names);
      const text =
        options.json === true ? JSON.stringify(catalogue) : printCatalogue(catalogue, createPaint(io, io.stdout));
      io.stdout.write(`${text}\n`);
      finish(0);
    });
}

const EXAMPLES = `
Examples:
  hearsay list swim               what it claims, which liars it survives, its settings
  hearsay list convergence loss   a property, and a fault
  hearsay list | less`;

/** The entries with one of these names; everything where there are none. Throws a UserError for a name of nothing. */
function only(catalogue: Catalogue, names: readonly string[]): Catalogue {
  if (names.length === 0) return catalogue;
  const known = new Set<string>();
  const pick = <T extends object>(entries: readonly T[], nameOf: (entry: T) => string): T[] =>
    entries.filter((entry) => {
      const name = nameOf(entry);
      known.add(name);
      return names.some((asked) => asked === name);
    });
  const byName = ({ name }: { readonly name: string }): string => name;
  const picked = {
    ...catalogue,
    protocols: pick(catalogue.protocols, byName),
    workloads: pick(catalogue.workloads, byName),
    scenarios: pick(catalogue.scenarios, byName),
    faults: pick(catalogue.faults, ({ type }) => type),
    properties: pick(catalogue.properties, byName),
    metrics: pick(catalogue.metrics, byName),
  };
  const unknown = names.find((asked) => !known.has(asked));
  if (unknown === undefined) return picked;
  throw new UserError('nothing is called so', unknown, 'hearsay list without a name shows everything');
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
    floodPerSecondAndPeer: protocol.lies?.flood === flood ? FLOOD_PER_SECOND : undefined,
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

/** `1 of 4, 2 of 7 members` with default settings; where signing changes it, both. */
function describeLiars(liars: Catalogue['protocols'][number]['tolerates'][number]['liars']): string {
  const list = (most: (entry: (typeof liars)[number]) => number) =>
    `${liars.map((entry) => `${most(entry)} of ${entry.n}`).join(', ')} members`;
  const plain = list((entry) => entry.most);
  const signed = list((entry) => entry.mostSigned);
  if (plain === signed) return plain;
  return liars.every((entry) => entry.most === 0)
    ? `only with signed = true: ${signed}`
    : `${plain}; with signed = true ${signed}`;
}

/** Which lies are survived, by how many who tell them, and which by none. */
function describeTolerance({ lies, tolerates, floodPerSecondAndPeer }: Catalogue['protocols'][number]): string[] {
  if (lies.length === 0) return ['  liars: it knows no lies'];
  const rate = `flood (${floodPerSecondAndPeer} messages a second to each peer)`;
  const named = (names: readonly string[]) =>
    names.map((lie) => (lie === 'flood' && floodPerSecondAndPeer !== undefined ? rate : lie)).join(', ');
  const lines = tolerates.flatMap(({ behaviours, properties, statement, liars }) => [
    `    ${behaviours === 'all' ? `any lie (${named(lies)})` : named(behaviours)}: ${describeLiars(liars)}`,
    `      holds: ${properties.join(', ')}; ${statement}`,
  ]);
  const borne = new Set(tolerates.flatMap(({ behaviours }) => (behaviours === 'all' ? lies : behaviours)));
  const rest = lies.filter((lie) => !borne.has(lie));
  if (rest.length > 0) lines.push(`    ${named(rest)}: no liar`);
  return ['  liars that are survived, at most:', ...lines];
}

function printCatalogue(catalogue: Catalogue, paint: Paint): string {
  const lines: string[] = [];
  const head = (title: string, entries: readonly unknown[], ...notes: string[]): void => {
    if (entries.length > 0) lines.push(...(lines.length > 0 ? [''] : []), paint('bold', title), ...notes);
  };
  head('PROTOCOLS', catalogue.protocols, `suite runs ${catalogue.suite.join(', ')} together`);
  for (const protocol of catalogue.protocols) {
    lines.push(
      '',
      `${paint('bold', protocol.name)} (${protocol.role}): ${protocol.summary}`,
      `  source: ${protocol.source}`,
    );
    lines.push(`  workloads: ${protocol.workloads.join(', ')}`, '  claims:');
    for (const claim of protocol.claims) lines.push(`    ${claim.property} (${claim.strength}): ${claim.statement}`);
    lines.push(...describeTolerance(protocol));
    lines.push('  settings (default, quick):');
    for (const setting of protocol.settings) {
      lines.push(`    ${setting.name} = ${setting.default}, ${setting.quick}: ${setting.doc}; ${setting.accepts}`);
    }
  }
  head('WORKLOADS', catalogue.workloads);
  for (const workload of catalogue.workloads) {
    lines.push(`${paint('bold', workload.name)}: ${workload.summary}`);
    for (const { f, doc } of workload.operations) lines.push(`  ${f}: ${doc}`);
  }
  head('SCENARIOS', catalogue.scenarios);
  for (const { name, summary, nodes, protocols } of catalogue.scenarios) {
    lines.push(`${paint('bold', name)}: ${summary}; ${nodes.usual} members run ${protocols.join(', ')}`);
  }
  head('FAULTS', catalogue.faults);
  for (const fault of catalogue.faults) lines.push(`${paint('bold', fault.flag)}: ${fault.doc}; heal: ${fault.heal}`);
  head('PROPERTIES', catalogue.properties);
  for (const { name, doc, claimedBy } of catalogue.properties) {
    lines.push(
      `${paint('bold', name)}: ${doc}; claimed by ${claimedBy.length > 0 ? claimedBy.join(', ') : 'no protocol, as it needs no claim'}`,
    );
  }
  const form = 'for --slo: METRIC or METRIC.STATISTIC, and a scope in front of a slash';
  head('METRICS', catalogue.metrics, form);
  for (const { name, unit, shape, scopes, doc } of catalogue.metrics) {
    const statistics = shape === 'distribution' ? `; statistics: ${STATISTICS.join(', ')}` : '';
    const scoped = scopes.length > 0 ? `; scopes: ${scopes.join(', ')}` : '';
    lines.push(`${paint('bold', name)} (${unit}${statistics}${scoped}): ${doc}`);
  }
  return lines.join('\n');
}
