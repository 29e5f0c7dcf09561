/** `hearsay merge`: adds up what several machines have found with `hearsay explore --shard`. */
import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { exploreExitCode, mergeExploreFiles, parseExploreFile } from '../search/explore-file.ts';
import { EXPLORE_FILE, showExploration } from './explore-command.ts';
import { claimFolder, isFolder, readText } from './files.ts';
import type { CliIo, Finish } from './io.ts';

export function addMergeCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('merge')
    .description('add up the explore.json files of a search that was split with --shard')
    .argument('<files...>', 'explore.json of each shard, or the folder that it is in')
    .option('--out <folder>', 'writes the sum and the plans of what broke to a new folder')
    .option('--json', 'prints the sum as one JSON object on stdout, and all else on stderr')
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
        showExploration(sum, folder?.path, options.json === true, io);
      } catch (error) {
        folder?.abandon();
        throw error;
      }
      finish(exploreExitCode(sum.tally));
    });
}
