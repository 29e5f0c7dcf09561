/**
 * The relay: a program inside a member's network namespace through which nft leads the datagrams of chosen links, where
 * the kernel itself can neither delay nor reorder nor damage them. One socket for each link; nft gives what it sends its
 * first source back, so the member cannot tell. It ends when its stdin ends.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { drawAt, hash32 } from '../../../harness/model/rng.ts';
import type { RelayFlow } from '../nft-batch.ts';
import { DueQueue } from './due-queue.ts';
import type { RelayCommand, RelayReply, RelayRule } from './protocol.ts';
import { LinkShape } from './shape.ts';

const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** Timers know whole milliseconds and are late, never early: half of one early is right on average. */
const EARLY_MS = 0.5;

interface Link {
  readonly flow: RelayFlow;
  readonly socket: Socket;
  shape: LinkShape | undefined;
  arrived: number;
}

let seed = '';
let links: Link[] = [];
const queue = new DueQueue<{ readonly link: Link; readonly bytes: Buffer }>();
let timer: { readonly handle: NodeJS.Timeout; readonly dueMs: number } | undefined;

function say(reply: RelayReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

async function open(flow: RelayFlow): Promise<Link> {
  // Addresses are literal: answering the look-up at once keeps datagrams in their order.
  const socket = createSocket({ type: 'udp4', lookup: (name, _options, done) => done(null, name, 4) });
  const bound = once(socket, 'listening');
  socket.bind(0, flow.toAddress);
  await bound;
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system's default has to do.
  }
  const link: Link = { flow, socket, shape: undefined, arrived: 0 };
  socket.on('message', (bytes) => arrive(link, bytes));
  return link;
}

/** Where a member's datagram holds epoch, number and time: first byte, and first behind. */
const MEASURE_AT = { from: 20, until: 36 };

function arrive(link: Link, bytes: Buffer): void {
  const index = link.arrived++;
  const fate = link.shape?.next() ?? { copies: 1, delayMs: 0, corrupt: false };
  if (fate.corrupt) flip(link, bytes, index);
  for (let copy = 0; copy < fate.copies; copy++) {
    if (fate.delayMs > EARLY_MS) queue.add(performance.now() + fate.delayMs, { link, bytes });
    else forward(link, bytes);
  }
  arm();
}

/** One to three bits, each at its own place: CRC-32 sees every one of them. */
function flip(link: Link, bytes: Buffer, index: number): void {
  const place = hash32(seed, 'flip', link.flow.fromAddress, link.flow.toAddress, index);
  const bits = new Set<number>();
  const count = 1 + Math.floor(drawAt(place, 0) * 3);
  // What the harness measures by is spared, so that a damaged datagram still tells what it met (impl/wire/frame.ts).
  const spared = bytes.length > MEASURE_AT.until ? MEASURE_AT : { from: bytes.length, until: bytes.length };
  const damageable = (bytes.length - (spared.until - spared.from)) * 8;
  for (let draw = 1; draw <= count; draw++) {
    const bit = Math.floor(drawAt(place, draw) * damageable);
    bits.add(bit < spared.from * 8 ? bit : bit + (spared.until - spared.from) * 8);
  }
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
}

function forward(link: Link, bytes: Buffer): void {
  // A member that is down takes nothing: that is not the relay's error.
  link.socket.send(bytes, link.flow.toPort, link.flow.toAddress, () => {});
}

function arm(): void {
  const dueMs = queue.nextDueMs;
  if (dueMs === undefined || (timer !== undefined && timer.dueMs <= dueMs)) return;
  if (timer !== undefined) clearTimeout(timer.handle);
  const handle = setTimeout(ring, Math.max(0, Math.floor(dueMs - performance.now())));
  timer = { handle, dueMs };
}

function ring(): void {
  timer = undefined;
  for (const { link, bytes } of queue.takeDue(performance.now() + EARLY_MS)) forward(link, bytes);
  arm();
}

function setRules(rules: readonly RelayRule[]): void {
  const ruled = new Map(rules.map((rule) => [rule.flow, rule]));
  links.forEach((link, index) => {
    const rule = ruled.get(index);
    link.shape = rule === undefined ? undefined : new LinkShape(seed, rule.link, rule.parts, link.shape);
  });
}

async function obey(command: RelayCommand): Promise<void> {
  if (command.type === 'rules') {
    setRules(command.rules);
    say({ type: 'ruled' });
    return;
  }
  seed = command.seed;
  links = await Promise.all(command.flows.map(open));
  say({ type: 'ready', ports: links.map(({ socket }) => socket.address().port) });
}

let last = Promise.resolve();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    last = last
      .then(() => obey(JSON.parse(line) as RelayCommand))
      .catch((error: Error) => say({ type: 'failed', reason: error.message }));
  })
  .on('close', () => process.exit(0));
