/** `hearsay shrink`: the smallest plan found that still breaks the same property, run once more, with a picture of what happens. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { protocols } from '../../impl/registry.ts';
import { type DrawnMessage, describePlan, type SpaceTimeInput } from '../../reports/space-time.ts';
import { createOpenSim } from '../clusters/sim/sim.ts';
import { UserError } from '../model/errors.ts';
import type { HistoryLine } from '../model/history.ts';
import type { Plan } from '../model/plan.ts';
import { parseInteger } from '../model/units.ts';
import type { PropertyResult, RunVerdict } from '../model/verdict.ts';
import { runAndStore } from '../run/run-and-store.ts';
import { FILES, writeWhole } from '../run/store.ts';
import { liesOf, quickSettings, violationsBy } from '../search/oracle.ts';
import { shrink } from '../search/shrink.ts';
import type { OwnFolder } from './files.ts';
import { once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';
import { JUDGE_PARTS, KNOWLEDGE, shellWord, storeParts } from './parts.ts';
import { readPlanOrRun } from './plan-or-run.ts';
import { parseProperty } from './property-flag.ts';
import { claimRunFolder } from './run-folder.ts';
import { HEARSAY_VERSION } from './version.ts';

const HELP = `
Examples:
  hearsay shrink runs/RUN                        of a run that was invalid: drops what is not needed to break it
  hearsay shrink found/convergence-1.plan.json --property convergence --out small
  hearsay shrink found/broadcast-safety-2.plan.json --witness Totality:      breaks it in this way, and in no other
  hearsay shrink corpus/textbook-swim.json

It goes by the simulator: what breaks on real clusters only cannot be shrunk. Ends with the plan in words, a run of it with
its report, in which a space-time diagram shows what happened, and the command that replays it. Exit codes: 0 it is shrunk, 64 the plan breaks nothing, or the call is wrong.`;

export function addShrinkCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('shrink')
    .description('make a plan that breaks a property in the simulator as small as it can be')
    .argument('<plan>', 'a plan file, one of corpus/, or the folder of a run')
    .option(
      '--property <name>',
      'the property to keep broken (default the one a corpus file names, or the first that is)',
      once('--property', (name) => parseProperty(name)),
    )
    .option(
      '--witness <text>',
      'keep only what breaks it in this way: the witness must hold these words, such as "Totality:"',
      once('--witness', parseWitness),
    )
    .option('--runs <count>', 'runs that may be spent (default 5000)', once('--runs', parseRuns))
    .option(
      '--out <folder>',
      'where the shrunk plan, its history and its report go (default runs/TIME-SEED)',
      once('--out', (text) => text),
    )
    .option('--json', 'prints the result as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', HELP)
    .action(async (path, options) => {
      const { plan, property: named, bug } = await readPlanOrRun(path);
      const violations = violationsBy(plan, JUDGE_PARTS, KNOWLEDGE);
      const found = [...new Set(violations.map(({ name }) => name))];
      const property = options.property ?? named ?? found[0];
      if (property === undefined || !found.includes(property)) {
        const also = found.length === 0 ? '' : `; it breaks ${found.join(', ')}`;
        throw new UserError(
          `the plan does not break ${property ?? 'any property'} in the simulator${also}`,
          path,
          bug === undefined
            ? 'try hearsay replay on the cluster on which it did'
            : `its file says that only the planted bug ${bug} breaks it, which the tests alone can switch on`,
        );
      }
      const isSame = ({ name, witness, reason }: PropertyResult): boolean =>
        name === property && (witness?.summary ?? reason).includes(options.witness ?? '');
      if (!violations.some(isSame)) {
        const said = violations.find(({ name }) => name === property);
        const mend = `the plan's own witness is: ${said?.witness?.summary ?? said?.reason}`;
        throw new UserError(`no witness of ${property} holds the words of --witness`, options.witness, mend);
      }
      // Known before anything runs. Nothing can be heard while it does: a Ctrl-C ends the process at once, so there is a
      // folder only once there is a plan to keep in it.
      claimRunFolder(options.out, plan.seed, new Date()).abandon();
      let folder: OwnFolder | undefined;
      const keep = (smaller: Plan): string => {
        folder ??= claimRunFolder(options.out, plan.seed, new Date());
        const path = join(folder.path, FILES.plan);
        writeWhole(path, `${JSON.stringify(smaller, null, 1)}\n`);
        return path;
      };
      try {
        const stream = options.json === true ? io.stderr : io.stdout;
        stream.write(`${property}: ${size(plan)}\n`);
        const shrunk = shrink({
          plan,
          fails: (candidate) => violationsBy(candidate, JUDGE_PARTS, KNOWLEDGE).some(isSame),
          usualSettings: quickSettings(protocols),
          liesOf: liesOf(protocols),
          mostRuns: options.runs ?? 5000,
          onStep: (step) => {
            const isFirst = folder === undefined;
            const path = keep(step.plan);
            stream.write(`run ${step.runs}, ${step.what}: ${size(step.plan)}\n`);
            if (isFirst) stream.write(`(the smallest so far is in ${path}, also after a Ctrl-C)\n`);
          },
        });
        const planPath = keep(shrunk.plan);
        const repeat = `npm run hearsay -- replay ${shellWord(planPath)} --cluster sim --property ${property}`;
        await storeRun(shrunk.plan, property, planPath);
        const end = shrunk.minimal ? 'nothing smaller breaks it' : 'the runs were spent; more may go with --runs';
        stream.write(`\nafter ${shrunk.runs} runs ${end}:\n`);
        for (const sentence of describePlan(shrunk.plan)) stream.write(`  ${sentence}\n`);
        stream.write(`plan: ${planPath}\nreport: ${join(dirname(planPath), FILES.report)}\nreplay: ${repeat}\n`);
        if (options.json === true) {
          const { runs, minimal } = shrunk;
          io.stdout.write(`${JSON.stringify({ property, runs, minimal, plan: shrunk.plan })}\n`);
        }
      } catch (error) {
        // No half of a result.
        folder?.abandon();
        throw error;
      }
      finish(0);
    });
}

function parseWitness(text: string): string {
  if (text.trim() === '') throw new UserError('--witness is empty', undefined, 'give words that a witness holds');
  return text;
}

const parseRuns = (text: string): number => parseInteger(text, '--runs', 1, 10_000_000);

function size(plan: Plan): string {
  const count = (of: number, noun: string): string => `${of} ${noun}${of === 1 ? '' : 's'}`;
  return [
    count(plan.channels.length, 'channel'),
    count(plan.members.length, 'member'),
    count(plan.faults.length, 'fault'),
    count(plan.operations.length, 'operation'),
    `${plan.closing.healAtMs / 1000} s`,
  ].join(', ');
}

/** Runs the plan once more, as a run like any other, and draws its messages into the report. */
async function storeRun(plan: Plan, name: string, planPath: string): Promise<void> {
  const lines: HistoryLine[] = [];
  const messages: (DrawnMessage & { readonly deliveredAt: number[] })[] = [];
  const tap = {
    sent: ({ from, to, channel, kind, time }: Omit<DrawnMessage, 'sentAt' | 'deliveredAt'> & { time: number }) => {
      messages.push({ from, to, channel, kind, sentAt: time, deliveredAt: [] });
    },
    delivered: (index: number, time: number) => {
      messages[index]?.deliveredAt.push(time);
    },
  };
  const draw = ({ properties }: RunVerdict): SpaceTimeInput => {
    const property = properties.find((found) => found.name === name && found.verdict === 'invalid');
    if (property === undefined) throw new Error(`the shrunk plan does not break ${name}`);
    return { plan, property, messages, lines };
  };
  // A run wants its folder empty, and writes the same plan there.
  rmSync(planPath);
  await runAndStore({
    plan,
    cluster: 'sim',
    open: createOpenSim(protocols, { tap }),
    parts: JUDGE_PARTS,
    store: storeParts([], (line) => lines.push(line), draw),
    runDirectory: dirname(planPath),
    version: HEARSAY_VERSION,
  });
}
