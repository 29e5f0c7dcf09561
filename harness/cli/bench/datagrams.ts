/** A hundred thousand bad datagrams at one member: it must not fall, and no view of it may change. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { protocols, SUITE } from '../../../impl/registry.ts';
import { encodeFrame } from '../../../impl/wire/frame.ts';
import { MemberProcess, nodeCommand } from '../../clusters/real/member-process.ts';
import { programPath } from '../../clusters/real/program-path.ts';
import { invariant } from '../../model/errors.ts';
import { split } from '../../model/rng.ts';
import { pairKey } from '../../node/authenticator.ts';
import type { ControllerCommand, InitCommand, MemberReport, PeerAddress } from '../../node/control.ts';
import { MemberNode } from '../../node/member-node.ts';
import { bindSockets } from '../../node/sockets.ts';
import { badDatagrams, recordMessages, type Spoken, type Target } from './bad-datagrams.ts';
import { benchPlan } from './bench-plans.ts';
import { type Figure, type Row, secondsSince } from './figure.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const COUNT = 100_000;
const TINY_COUNT = 400;
/** Sent between two polls: no more than a socket's buffer takes. */
const BATCH = 100;
const HOST = '127.0.0.1';
const ROSTER = ['n1', 'n2', 'n3', 'n4'];
const CLUSTER = 0x5eed;
const PATIENCE_MS = 20_000;

const TARGET: Target = {
  cluster: CLUSTER,
  name: 'n1',
  sender: 'n2',
  authenticated: new Set([...protocols.values()].filter(({ authenticated }) => authenticated).map(({ name }) => name)),
};

function initCommand(stateFile: string): InitCommand {
  return {
    type: 'init',
    name: TARGET.name,
    life: 1,
    boot: 1,
    roster: ROSTER,
    channels: benchPlan({}).channels,
    seed: 'bench',
    cluster: CLUSTER,
    keys: Object.fromEntries(ROSTER.map((peer) => [peer, pairKey('bench', TARGET.name, peer)])),
    stateFile,
    restore: false,
    host: HOST,
  };
}

/** What the member has told, and a way to wait for its next word. */
class Reports {
  readonly dropped = new Map<string, number>();
  received = 0;
  port = 0;
  up = false;
  /** Why it can say no more. */
  ended: string | undefined;
  /** Answers to the latest poll, by channel. */
  readonly #views = new Map<string, string>();
  #wake: () => void = () => undefined;

  take(report: MemberReport): void {
    if (report.type === 'ready') this.port = report.port;
    else if (report.type === 'up') this.up = true;
    else if (report.type === 'failed') this.ended = report.reason;
    else if (report.type === 'view') this.#views.set(report.channel, report.digest);
    else if (report.type === 'traffic') {
      for (const [reason, count] of Object.entries(report.line.dropped)) {
        this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
      }
      for (const [messages] of Object.values(report.line.received)) this.received += messages;
    }
    this.#wake();
  }

  end(reason: string): void {
    this.ended ??= reason;
    this.#wake();
  }

  get arrived(): number {
    return this.received + [...this.dropped.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Rejects when the member has ended before, or does not come to it. */
  async until(what: string, reached: () => boolean): Promise<void> {
    const late = setTimeout(() => this.end(`it did not come to ${what} in time`), PATIENCE_MS);
    try {
      while (!reached()) {
        if (this.ended !== undefined) throw new Error(`the member failed before ${what}: ${this.ended}`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(late);
    }
  }

  /** The digests of all views; `ask`: makes the member answer a poll. */
  async viewsAfter(ask: () => void): Promise<string> {
    this.#views.clear();
    ask();
    await this.until('a poll', () => this.#views.size === SUITE.length);
    return JSON.stringify([...this.#views]);
  }

  countsText(): string {
    const counts = [...this.dropped].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} ${count}`);
    return `dropped: ${counts.join(', ')}`;
  }
}

/** A message that a member takes and that changes its view of the membership: the control. */
const GREETING = encodeFrame(
  {
    cluster: CLUSTER,
    from: TARGET.sender,
    life: 1,
    channel: 'swim',
    epoch: 0,
    sequence: COUNT + 1,
    sentAtNs: 1,
    message: { k: 'news', i: 0, u: [] },
  },
  TARGET.name,
);

async function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  const listening = once(socket, 'listening');
  socket.bind(0, HOST);
  await listening;
  return socket;
}

function peersOf(memberPort: number, senderPort: number): PeerAddress[] {
  return [
    { name: TARGET.name, host: HOST, port: memberPort },
    { name: TARGET.sender, host: HOST, port: senderPort },
  ];
}

/** Through the kernel, at a process of its own. */
async function atProcess(spoken: readonly Spoken[], count: number, directory: string): Promise<Row> {
  const reports = new Reports();
  const socket = await boundSocket();
  const member = new MemberProcess(nodeCommand(programPath('member.js')), join(directory, 'member.log'), {
    report: (report) => reports.take(report),
    ended: (ending) => reports.end(ending),
    garbled: (line) => reports.end(`it wrote ${line}`),
  });
  const tell = (command: ControllerCommand): void => member.send(command);
  let round = 0;
  const poll = (): Promise<string> => reports.viewsAfter(() => tell({ type: 'poll', round: ++round, full: false }));
  try {
    tell(initCommand(join(directory, 'state.jsonl')));
    await reports.until('its sockets', () => reports.port > 0);
    tell({ type: 'peers', peers: peersOf(reports.port, socket.address().port) });
    tell({ type: 'start', originNs: String(process.hrtime.bigint()), originWallMs: Date.now(), seeds: [] });
    await reports.until('its start', () => reports.up);
    const before = await poll();
    const datagrams = badDatagrams(spoken, TARGET, split('bench', 'datagrams'));
    const started = performance.now();
    for (let sent = 0; sent < count; sent += BATCH) {
      for (let i = 0; i < BATCH; i++) socket.send(datagrams.next().value as Uint8Array, reports.port, HOST);
      const views = await poll();
      invariant(views === before, `a bad datagram among the first ${sent + BATCH} changed a view`);
    }
    const seconds = secondsSince(started);
    const { sender, name } = TARGET;
    socket.send(GREETING, reports.port, HOST);
    await reports.until(`the greeting of ${sender}`, () => reports.received > 0);
    invariant((await poll()) !== before, `a good datagram did not change the view of ${name}`);
    tell({ type: 'stop' });
    await member.ended;
    const how = `${reports.arrived - 1} of ${count} arrived, the member answered ${round} polls, its views never changed; ${reports.countsText()}`;
    return {
      figure: `datagrams: ${count} bad ones by UDP at a member`,
      measured: seconds,
      wanted: undefined,
      unit: 's',
      how,
    };
  } finally {
    member.signal('SIGKILL');
    await member.ended;
    socket.close();
  }
}

/** The same, handed to a member in this process just where its socket would: none gets lost on the way. */
async function inProcess(spoken: readonly Spoken[], count: number, directory: string): Promise<Row> {
  const reports = new Reports();
  const sockets = await bindSockets(HOST, undefined, 0);
  const senderPort = sockets.port === 1 ? 2 : 1;
  const origin = { ns: process.hrtime.bigint(), wallMs: Date.now() };
  const sink = { write: (report: MemberReport) => reports.take(report), flush: () => undefined };
  const init = initCommand(join(directory, 'state.jsonl'));
  const node = new MemberNode(init, protocols, sockets, peersOf(sockets.port, senderPort), origin, sink);
  const views = (): Promise<string> => reports.viewsAfter(() => node.poll(1, false));
  const deliver = (bytes: Uint8Array): boolean =>
    sockets.udp.emit('message', bytes, { address: HOST, family: 'IPv4', port: senderPort, size: bytes.length });
  node.start([]);
  const before = await views();
  const datagrams = badDatagrams(spoken, TARGET, split('bench', 'datagrams'));
  let seconds = 0;
  for (let sent = 0; sent < count; sent++) {
    const bytes = datagrams.next().value as Uint8Array;
    const started = performance.now();
    deliver(bytes);
    seconds += secondsSince(started);
  }
  const after = await views();
  deliver(GREETING);
  const greeted = await views();
  node.stop();
  invariant(after === before, 'a bad datagram changed a view');
  invariant(greeted !== before, 'a good datagram did not change the view');
  invariant(reports.arrived === count + 1, `${reports.arrived} datagrams were counted of ${count + 1}`);
  const how = `time within the member only; its views did not change; ${reports.countsText()}`;
  return {
    figure: 'datagrams: the same handed to a member in-process',
    measured: seconds,
    wanted: undefined,
    unit: 's',
    how,
  };
}

export const datagrams: Figure = {
  name: 'datagrams',
  doc: '100,000 random and mutated datagrams at one member',
  async measure(note, size) {
    const count = size === 'tiny' ? TINY_COUNT : COUNT;
    note(`datagrams: ${count} bad ones at a member`);
    const spoken = recordMessages();
    const byUdp = await inTemporaryFolder((directory) => atProcess(spoken, count, directory));
    return [byUdp, await inTemporaryFolder((directory) => inProcess(spoken, count, directory))];
  },
};
