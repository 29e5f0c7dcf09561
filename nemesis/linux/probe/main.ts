/** Calibration's program in each namespace: sends numbered datagrams, counts what arrives. Ends when its stdin ends. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { decodeProbe, encodeProbe } from './datagram.ts';
import { type ProbeCommand, type ProbeEnd, type ProbeReply, ROUND_DATAGRAMS } from './protocol.ts';
import { overrunOf, Tally } from './tally.ts';

/** After a stall no more than so many leave at once to each target: a burst would overflow the receiver, not the link. */
const CATCH_UP = 8;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

let socket: Socket | undefined;
let self = 0;
let firstSequence = 0;
let overrunBefore = 0;
let ends: readonly ProbeEnd[] = [];
let tallies: Tally[] = [];
let byAddress = new Map<string, number>();

function say(reply: ProbeReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

function overrun(): number {
  return overrunOf(readFileSync('/proc/self/net/snmp', 'utf8'));
}

async function bind(): Promise<void> {
  overrunBefore = overrun();
  if (socket !== undefined) return;
  const own = ends[self];
  if (own === undefined) throw new RangeError(`there is no end ${self}`);
  const udp = createSocket({ type: 'udp4', lookup: (name, _options, done) => done(null, name, 4) });
  const bound = once(udp, 'listening');
  udp.bind(own.port, own.address);
  await bound;
  try {
    udp.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system's default has to do.
  }
  udp.on('message', (bytes, sender) => {
    const nowNs = process.hrtime.bigint();
    const from = byAddress.get(`${sender.address}:${sender.port}`);
    const tally = from === undefined ? undefined : tallies[from];
    if (tally === undefined) return;
    const datagram = decodeProbe(bytes);
    if (datagram === undefined || datagram.from !== from || datagram.to !== self) {
      tally.damaged();
      return;
    }
    const sequence = datagram.sequence - firstSequence;
    // A copy that comes so late belongs to another round.
    if (sequence < 0 || sequence >= ROUND_DATAGRAMS) return;
    tally.arrived(sequence, datagram.sentNs, nowNs, bytes.length);
  });
  socket = udp;
}

async function send(command: Extract<ProbeCommand, { type: 'send' }>): Promise<void> {
  const { targets, datagrams, everyMs, payloadBytes } = command;
  const unsent = new Map<number, number>();
  const startMs = performance.now();
  let sent = 0;
  while (sent < datagrams) {
    const due = Math.min(datagrams, sent + CATCH_UP, 1 + Math.floor((performance.now() - startMs) / everyMs));
    for (; sent < due; sent++) {
      for (const to of targets) {
        const end = ends[to];
        if (end === undefined) throw new RangeError(`there is no end ${to}`);
        const sequence = firstSequence + sent;
        const bytes = encodeProbe({ from: self, to, sequence, sentNs: process.hrtime.bigint() }, payloadBytes);
        socket?.send(bytes, end.port, end.address, (error) => {
          if (error !== null) unsent.set(to, (unsent.get(to) ?? 0) + 1);
        });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  say({ type: 'sent', unsent: [...unsent].map(([target, count]) => ({ target, count })) });
}

async function obey(command: ProbeCommand): Promise<void> {
  switch (command.type) {
    case 'bind':
      ({ self, ends } = command);
      firstSequence = command.round * ROUND_DATAGRAMS;
      tallies = ends.map(() => new Tally());
      byAddress = new Map(ends.map((end, index) => [`${end.address}:${end.port}`, index]));
      await bind();
      say({ type: 'bound' });
      return;
    case 'send':
      await send(command);
      return;
    case 'report':
      say({
        type: 'report',
        overrun: overrun() - overrunBefore,
        arrivals: tallies.map((tally, from) => tally.arrivals(from)).filter(({ from }) => from !== self),
      });
      return;
  }
}

let last = Promise.resolve();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    last = last
      .then(() => obey(JSON.parse(line) as ProbeCommand))
      .catch((error: Error) => say({ type: 'failed', reason: error.message }));
  })
  .on('close', () => process.exit(0));
