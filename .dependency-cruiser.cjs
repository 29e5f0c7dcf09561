/** Who may import whom (ARCHITECTURE.md, Folders). Tests may reach further: they bring things together. */
const TEST =
  '\\.test\\.ts$|^impl/testkit\\.ts$|/(test-history|test-scenario|test-context|test-controller|test-counters|test-machine|test-engine|synthetic-run|well-formed|cli-harness|planted-bugs|conformance|command-run|hunt|build-dist|hash-program)\\.ts$|^harness/clusters/conformance/';
const OURS = '^(harness|impl|workloads|nemesis|reports)/';
const ROOTS = '^harness/(cli|node/main|search/worker)';

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    rule('no-cycles', 'A cycle hides who owns what.', { pathNot: TEST }, { circular: true }),
    rule(
      'impl-alone',
      'Protocols are pure: nothing of ours outside impl, nothing of the platform.',
      { path: '^impl/', pathNot: TEST },
      { path: '^(harness|workloads|nemesis|reports)/' },
    ),
    rule(
      'impl-no-platform',
      'Protocols are pure: no Node module.',
      { path: '^impl/', pathNot: TEST },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'model-alone',
      'The model imports nothing of ours but the types of the protocol contract.',
      { path: '^harness/model/', pathNot: TEST },
      { path: OURS, pathNot: '^harness/model/|^impl/protocol\\.ts$' },
    ),
    rule(
      'siblings',
      'Workloads, nemesis and reports never import each other, nor the harness beyond the model.',
      { path: '^(workloads|nemesis|reports)/', pathNot: TEST },
      { path: OURS, pathNot: ['^harness/model/', '^impl/(protocol\\.ts|theory/)', '^$1/'] },
    ),
    rule(
      'clusters-below-run',
      'search > run > clusters.',
      { path: '^harness/(clusters|link|node)/', pathNot: TEST },
      { path: '^harness/(run|search|slo|cli)/' },
    ),
    rule(
      'run-knows-no-parts',
      'Run gets checkers and reports handed in.',
      { path: '^harness/run/', pathNot: TEST },
      { path: '^(workloads|nemesis|reports)/|^harness/(search|slo|cli|node)/' },
    ),
    rule(
      'slo-alone',
      'SLOs need the model only.',
      { path: '^harness/slo/', pathNot: TEST },
      { path: OURS, pathNot: '^harness/(slo|model)/|^impl/(protocol\\.ts|theory/)' },
    ),
    rule(
      'spread-is-the-protocol-own-rules',
      'The lock-step model needs the model, theory, and the rules that decide: no second copy, no cluster.',
      { path: '^harness/spread/', pathNot: TEST },
      { path: OURS, pathNot: '^harness/(spread|model)/|^impl/theory/|^impl/rumor/stopping\\.ts$' },
    ),
    rule(
      'capacity-alone',
      'Folding runs to rows needs the model only; what runs them and what theory expects is handed in.',
      { path: '^harness/capacity/', pathNot: TEST },
      { path: OURS, pathNot: '^harness/(capacity|model)/' },
    ),
    rule(
      'papers-use-the-protocols',
      'Published tables are reproduced by the lock-step model and the code of the protocols.',
      { path: '^harness/papers/', pathNot: TEST },
      { path: OURS, pathNot: '^harness/(papers|spread|model)/|^impl/' },
    ),
    rule(
      'only-roots-meet-protocols',
      'Which protocols exist is known to the composition roots.',
      { path: OURS, pathNot: [TEST, ROOTS, '^impl/'] },
      { path: '^impl/registry\\.ts$' },
    ),
    rule(
      'roots-are-not-imported',
      'Nobody imports a composition root.',
      { path: OURS, pathNot: [TEST, '^harness/cli/'] },
      { path: ROOTS },
    ),
    rule('not-to-test', 'Shipped code does not import tests.', { path: OURS, pathNot: TEST }, { path: TEST }),
    rule('no-unresolvable', 'Every import must resolve.', {}, { couldNotResolve: true }),
    rule(
      'no-dev-dependency',
      'Shipped code uses dependencies only.',
      { path: OURS, pathNot: [TEST] },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
