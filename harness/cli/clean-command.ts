/** `hearsay clean`: removes what runs that were killed have left in Docker engines. */
import type { Command } from '@commander-js/extra-typings';
import type { Removed, Which } from '../clusters/docker/leftovers.ts';
import { UserError } from '../model/errors.ts';
import { EXIT } from '../model/verdict.ts';
import { collectDockerHost, DOCKER_HOST_FLAG } from './docker-host.ts';
import { once } from './flags.ts';
import type { CliIo, Finish } from './io.ts';

export function addCleanCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('clean')
    .description('remove containers, networks and volumes of runs whose controller is gone; what is not ours stays')
    .option(DOCKER_HOST_FLAG, 'engine to look at; may be repeated (default DOCKER_HOST)', collectDockerHost)
    .option('--run <id>', 'only what this run made, whether its controller lives or not', once('--run', parseRun))
    .option('--all', 'what every run made, those in progress too')
    .option('--images', 'also the member images that no container uses')
    .option('--json', 'prints one JSON object for each engine')
    .action(async (options) => {
      if (options.all === true && options.run !== undefined) {
        throw new UserError('--all and --run contradict each other', undefined, 'give one of them');
      }
      const { connectEngine } = await import('../clusters/docker/engine.ts');
      const { removeDeadRun, removeImages, removeLeftovers } = await import('../clusters/docker/leftovers.ts');
      const which: Which = options.all === true ? 'all' : 'orphans';
      // One that does not answer keeps nobody from cleaning the others.
      const asked = await Promise.allSettled((options.dockerHost ?? [undefined]).map((host) => connectEngine(host)));
      const engines = asked.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      const all = await (options.run === undefined
        ? removeLeftovers(engines, which)
        : removeDeadRun(engines, options.run));
      for (const [i, engine] of engines.entries()) {
        const removed = all[i];
        if (removed === undefined) continue;
        const images = options.images === true ? await removeImages(engine) : 0;
        if (options.json === true) io.stdout.write(`${JSON.stringify({ ...removed, images })}\n`);
        else io.stdout.write(describe(removed, images));
        if (removed.failed.length > 0) finish(EXIT.internal);
      }
      for (const outcome of asked) if (outcome.status === 'rejected') throw outcome.reason;
    });
}

function parseRun(text: string): string {
  if (/^[0-9a-f]{8}$/.test(text)) return text;
  throw new UserError('--run is no run of the docker cluster', text, 'take the value of the label hearsay.run');
}

function describe({ containers, networks, volumes, failed }: Removed, images: number): string {
  const counts = [
    [containers, 'container'],
    [networks, 'network'],
    [volumes, 'volume'],
    [images, 'image'],
  ] as const;
  const parts = counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`);
  const lines = [parts.length === 0 ? 'nothing to remove' : `removed ${parts.join(', ')}`];
  return [...lines, ...failed.map((what) => `cannot remove ${what}`)].map((line) => `${line}\n`).join('');
}
