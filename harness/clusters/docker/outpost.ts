/**
 * An outpost: a container on each of several engines, on the run's network but no part of its plan, so that no fault
 * touches it. It says what its host's clocks show, and whether it reaches a member that has just started: in a Swarm
 * every engine has to hear of a new address before anything arrives there.
 */
import { createInterface } from 'node:readline';
import type Docker from 'dockerode';
import { type ClockReading, type Comparison, compareClocks } from './clock-comparison.ts';
import { type Helper, startHelper } from './helper.ts';

const ANSWER_MS = 10_000;
const REACH_MS = 20_000;
const ATTEMPT_MS = 250;

/**
 * One request a line, one answer each. A refused connection shows as well as an accepted one that packets go there and
 * come back.
 */
const PROGRAM = `
const net = require('node:net');
const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\\n');
const reach = (id, host, port, until) => {
  const socket = net.connect({ host, port });
  const over = (reached) => {
    clearTimeout(alarm);
    socket.destroy();
    if (reached || Date.now() > until) say({ id, reached });
    else setTimeout(reach, 20, id, host, port, until);
  };
  const alarm = setTimeout(over, ${ATTEMPT_MS}, false);
  socket.once('connect', () => over(true));
  socket.once('error', (error) => over(error.code === 'ECONNREFUSED'));
};
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, host, port } = JSON.parse(line);
  if (host === undefined) say({ id, monotonicNs: String(process.hrtime.bigint()), wallMs: Date.now() });
  else reach(id, host, port, Date.now() + ${REACH_MS});
}).on('close', () => process.exit(0));
`;

interface Answer {
  readonly id: number;
  readonly reached?: boolean;
  readonly monotonicNs?: string;
  readonly wallMs?: number;
}

export class Outpost {
  readonly #helper: Helper;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #requests = 0;

  /** Rejects where the engine or the network does not take it. */
  static async start(engine: Docker, options: { image: string; run: string; network: string }): Promise<Outpost> {
    const name = `hearsay-${options.run}-outpost`;
    return new Outpost(await startHelper(engine, { ...options, name, program: PROGRAM }));
  }

  private constructor(helper: Helper) {
    this.#helper = helper;
    createInterface({ input: helper.stdout })
      .on('line', (line) => {
        const answer = JSON.parse(line) as Answer;
        this.#waiting.get(answer.id)?.resolve(answer);
      })
      .on('close', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error('it has ended'));
      });
  }

  /** Rejects where it does not answer. */
  compareClocks(): Promise<Comparison> {
    const here = (): ClockReading => ({ monotonicNs: process.hrtime.bigint(), wallMs: Date.now() });
    return compareClocks(() => this.#readClocks(), here);
  }

  /** Resolves to whether packets go there and come back, within a time that a Swarm has ample need of. */
  async reaches(host: string, port: number): Promise<boolean> {
    return (await this.#ask({ host, port }, REACH_MS + ANSWER_MS)).reached === true;
  }

  async #readClocks(): Promise<ClockReading> {
    const { monotonicNs = '0', wallMs = 0 } = await this.#ask({}, ANSWER_MS);
    return { monotonicNs: BigInt(monotonicNs), wallMs };
  }

  async #ask(request: object, patienceMs: number): Promise<Answer> {
    const id = ++this.#requests;
    let alarm: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        alarm = setTimeout(() => reject(new Error(`it was silent for ${patienceMs / 1000} s`)), patienceMs);
        this.#helper.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
      });
    } finally {
      clearTimeout(alarm);
      this.#waiting.delete(id);
    }
  }
}
