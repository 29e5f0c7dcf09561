/** `hearsay doctor`: which clusters and faults this machine offers, and what is missing for the others. */
import type { Command } from '@commander-js/extra-typings';
import { EXIT } from '../model/verdict.ts';
import { examineMachine, type Finding } from './doctor.ts';
import { type CliIo, createPaint, type Finish } from './io.ts';

export function addDoctorCommand(program: Command, io: CliIo, finish: Finish): void {
  program
    .command('doctor')
    .description('say which clusters and faults this machine offers, and what to install for the others')
    .option('--json', 'prints one JSON object')
    .action(async (options) => {
      const findings = await examineMachine(io.environment);
      if (options.json === true) io.stdout.write(`${JSON.stringify({ clusters: findings })}\n`);
      else {
        const paint = createPaint(io, io.stdout);
        for (const finding of findings) io.stdout.write(`${describe(finding, paint)}\n`);
      }
      // The main job needs `local`.
      finish(findings.find((finding) => finding.cluster === 'local')?.offered === true ? EXIT.ok : EXIT.unavailable);
    });
}

function describe(finding: Finding, paint: ReturnType<typeof createPaint>): string {
  const verdict = finding.offered ? paint('green', 'offered') : paint('yellow', 'not offered');
  const lines = [`${paint('bold', finding.cluster)}: ${verdict}; ${finding.summary}`];
  if (finding.faults.length > 0) lines.push(`  faults: ${finding.faults.join(', ')}`);
  for (const part of finding.parts) {
    const lack = part.optional === true ? 'could use' : 'lacks';
    lines.push(`  ${part.found ? 'has' : lack} ${part.name}${part.found ? '' : `: ${part.mend}`}`);
  }
  return lines.join('\n');
}
