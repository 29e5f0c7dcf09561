/** `hearsay image`: makes the image that members of the docker cluster run, of this machine's own node. */
import type { Command } from '@commander-js/extra-typings';
import { collectDockerHost, DOCKER_HOST_FLAG } from './docker-host.ts';
import type { CliIo } from './io.ts';

export function addImageCommand(program: Command, io: CliIo): void {
  program
    .command('image')
    .description("make the docker cluster's member image of this machine's own node; no registry is asked")
    .option(DOCKER_HOST_FLAG, 'engine that gets it; may be repeated (default DOCKER_HOST)', collectDockerHost)
    .option('--json', 'prints one JSON object for each engine')
    .action(async (options) => {
      const { connectEngine } = await import('../clusters/docker/engine.ts');
      const { ensureImage } = await import('../clusters/docker/image.ts');
      for (const host of options.dockerHost ?? [undefined]) {
        const image = await ensureImage(await connectEngine(host));
        if (options.json === true) {
          io.stdout.write(`${JSON.stringify(image)}\n`);
          continue;
        }
        const megabytes = Math.round(image.size / 1e6);
        io.stdout.write(`${image.name}: ${image.built ? 'built' : 'there already'}, ${megabytes} MB\n`);
        if (image.missing.length > 0) {
          io.stdout.write(`  without ${image.missing.join(', ')}, which this machine does not have\n`);
        }
      }
    });
}
