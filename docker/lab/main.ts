/**
 * `npm run lab`: boots a kernel that has netem and runs the kernel's tests in it, one boot for each suite.
 * `npm run lab -- netem -t delay`: one suite, with further flags for vitest.
 * Ends with one line, `N passed, N failed, N skipped`. Exit code 0: nothing failed; 1: something did; 64: a wrong call;
 * 130: interrupted. What cannot be had here is SKIPPED, with the reason and the package that would bring it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasProgram } from '../../harness/clusters/machine-part.ts';
import { type Counts, countTests } from './counts.ts';
import { LabMachine } from './machine.ts';
import { SUITES, type Suite } from './suites.ts';
import { UML, UML_PACKAGE } from './uml.ts';

const TREE = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function chosen(names: readonly string[]): readonly Suite[] {
  const unknown = names.find((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    process.stderr.write(
      `no suite of the lab is called ${unknown}; there are ${SUITES.map((s) => s.name).join(', ')}\n`,
    );
    process.exit(64);
  }
  return names.length === 0 ? SUITES : SUITES.filter((suite) => names.includes(suite.name));
}

/** What has to be installed for the suite; undefined: nothing. */
function lackOf({ programs }: Suite): string | undefined {
  if (process.platform !== 'linux') return 'the lab needs Linux';
  const needed = { [UML]: UML_PACKAGE, setpriv: 'util-linux', ...programs };
  const missing = Object.entries(needed).filter(([program]) => !hasProgram(process.env, program));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  return `no ${missing.map(([program]) => program).join(', ')} here (Debian: apt-get install ${packages})`;
}

async function play(suite: Suite, machine: LabMachine, more: readonly string[]): Promise<Counts> {
  const startMs = performance.now();
  const vitest = 'node_modules/vitest/vitest.mjs run --config docker/lab/vitest.config.ts --configLoader runner';
  const reporters = '--reporter=verbose --reporter=json --outputFile.json=LAB_FOLDER/tests.json';
  const command = [process.execPath, ...`${vitest} ${reporters}`.split(' '), ...suite.files, ...more];
  const outcome = await machine.run(
    {
      tree: TREE,
      command,
      environment: { CI: '1', NO_COLOR: '1', HEARSAY_LAB: suite.name },
      promptly: suite.promptly === true,
      memoryMb: suite.memoryMb,
      limitMs: suite.limitMinutes * 60_000,
    },
    say,
  );
  const file = join(machine.folder, 'tests.json');
  const counts = existsSync(file) ? countTests(readFileSync(file, 'utf8')) : { passed: 0, failed: 0, skipped: [] };
  // A machine that died, a runner that found nothing or failed without a failing test: none of it may pass.
  const silent = counts.failed === 0 && (outcome.exitCode !== 0 || counts.passed === 0);
  if (outcome.problem !== undefined) say(`the lab's machine did not finish: ${outcome.problem}`);
  else if (silent) say(`the tests ended with exit code ${outcome.exitCode}, and ${counts.passed} of them passed`);
  const { elsewhere } = suite;
  const skipped = counts.skipped.filter((test) => elsewhere === undefined || !elsewhere.tests.test(test));
  for (const test of counts.skipped)
    say(skipped.includes(test) ? `SKIPPED: ${test}` : `not in this kernel: ${test} (${elsewhere?.why})`);
  say(
    `--- ${suite.name}: ${silent || counts.failed > 0 ? 'FAILED' : 'ok'} (${Math.round((performance.now() - startMs) / 1000)} s)`,
  );
  return { ...counts, skipped, failed: silent ? 1 : counts.failed };
}

let running: LabMachine | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    running?.close();
    process.exit(128 + constants.signals[signal]);
  });
}

const words = process.argv.slice(2);
const flagsAt = words.findIndex((word) => word.startsWith('-'));
const [names, flags] = flagsAt < 0 ? [words, []] : [words.slice(0, flagsAt), words.slice(flagsAt)];

let passed = 0;
let failed = 0;
let skipped = 0;
for (const suite of chosen(names)) {
  say(`\n=== lab: ${suite.name}: ${suite.about}`);
  const lack = lackOf(suite);
  if (lack !== undefined) {
    say(`SKIPPED: ${suite.name}: ${lack}`);
    skipped++;
    continue;
  }
  running = new LabMachine();
  try {
    const counts = await play(suite, running, flags);
    passed += counts.passed;
    failed += counts.failed;
    skipped += counts.skipped.length;
  } finally {
    running.close();
  }
}
say(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
