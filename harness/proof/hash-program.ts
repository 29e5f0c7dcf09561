/**
 * Test support, a program of its own: prints the hash of the history of each of many drawn plans, in the order that it is
 * told, so that a test can compare processes. Arguments: count, `up` or `down`, and `leak` for a protocol that looks at
 * the machine's clock.
 */
import type { AnyProtocol } from '../../impl/protocol.ts';
import { protocols, SUITE } from '../../impl/registry.ts';
import { NEMESES } from '../../nemesis/registry.ts';
import { KNOWLEDGE } from '../cli/parts.ts';
import { drawTrial } from '../search/draw-trial.ts';
import { runOnSim } from './test-scenario.ts';

/** The planted leak: what a timer does depends on the time of day. */
function leaking(protocol: AnyProtocol): AnyProtocol {
  return {
    ...protocol,
    handle(state, event, ctx) {
      const setTimer: typeof ctx.setTimer = (delayMs, timer) => ctx.setTimer(delayMs + (Date.now() % 7) / 10, timer);
      protocol.handle(state, event, { ...ctx, setTimer });
    },
  };
}

const [count = '0', order = 'up', leak = ''] = process.argv.slice(2);
/** The suite, and each protocol alone. */
const CHOICES = [SUITE, ...[...protocols.keys()].map((name) => [name])];
const swap: Readonly<Record<string, AnyProtocol>> =
  leak === 'leak' ? Object.fromEntries([...protocols].map(([name, protocol]) => [name, leaking(protocol)])) : {};
const trials = Array.from({ length: Number(count) }, (_, trial) => trial);
if (order === 'down') trials.reverse();
for (const trial of trials) {
  const names = CHOICES[trial % CHOICES.length] ?? SUITE;
  const space = { protocols: names, nodes: [4, 9], timeMs: [5000, 20_000], settings: 'drawn' } as const;
  const plan = drawTrial(space, `hash-${trial}`, KNOWLEDGE, NEMESES);
  const hash = plan === undefined ? 'impossible' : runOnSim(plan, { swap }).hash;
  process.stdout.write(`${trial} ${names.join(',')} ${hash}\n`);
}
