/** `hearsay merge`: adds up what several machines have found with `hearsay explore --shard`. */
import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { exploreExitCode, mergeExploreFiles, parseExploreFile } from '../search/explore-file.ts';
import { EXPLORE_FILE, showExploration } from './explore-command.ts';
import { claimFolder, isFolder, readText } from './files.ts';
import type { CliIo, Finish } from './io.ts';
import { claimRunFolder } from './run-folder.ts';

const HELP = `
Example, on each of two machines and then on one:
  hearsay explore --seeds 100000 --all --seed x --shard 1/2 --out part1
  hearsay explore --seeds 100000 --all --seed x --shard 2/2 --out part2
  hearsay merge part1 part2 --out whole

Exit codes: as for explore.`;

export function addMergeCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('merge')
    .description('add up the explore.json files of a search that was split with --shard')
    .argument('<files...>', 'explore.json of each shard, or the folder that it is in')
    .option(
      '--out <folder>',
      'writes the sum and the plans of what broke to a new folder (default runs/TIME-SEED, and only if something broke)',
    )
    .option('--json', 'prints the sum as one JSON object on stdout, and all else on stderr')
    .addHelpText('after', HELP)
    .action(async (paths, options) => {
      const files = [];
      for (const path of paths) {
        const file = isFolder(path) ? join(path, EXPLORE_FILE) : path;
        files.push({ path: file, file: await parseExploreFile(readText(file, 'the result of a search'), file) });
      }
      const sum = mergeExploreFiles(files);
      const folder =
        options.out === undefined ? undefined : claimFolder(options.out, 'choose a new folder that can be written');
      try {
        const place =
          folder ?? (sum.tally.groups.length > 0 ? claimRunFolder(undefined, sum.seed, new Date()) : undefined);
        showExploration(sum, place?.path, options.json === true, io);
      } catch (error) {
        folder?.abandon();
        throw error;
      }
      finish(exploreExitCode(sum.tally));
    });
}
