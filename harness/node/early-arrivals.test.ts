import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindSockets, type Sockets } from './sockets.ts';

const HOST = '127.0.0.1';

describe('what comes before a member runs', () => {
  let sockets: Sockets;
  let sender: Datagrams;
  const peers: Socket[] = [];
  let arrived = 0;
  let connected = 0;
  let held: Socket | undefined;
  beforeEach(async () => {
    sockets = await bindSockets(HOST, undefined, 0);
    [arrived, connected] = [0, 0];
    sockets.udp.on('message', () => arrived++);
    sockets.tcp.on('connection', (socket) => {
      connected++;
      held = socket;
    });
    sender = createSocket('udp4');
  });
  afterEach(() => {
    for (const peer of peers.splice(0)) peer.destroy();
    sender.close();
    sockets.udp.close();
    sockets.tcp.close();
  });

  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };
  const send = async (...texts: string[]): Promise<void> => {
    const wanted = arrived + texts.length;
    for (const text of texts) sender.send(text, sockets.port, HOST);
    await until(() => arrived >= wanted);
  };
  const connect = async (text: string): Promise<Socket> => {
    const wanted = connected + 1;
    const peer = createConnection(sockets.port, HOST);
    peers.push(peer);
    peer.on('error', () => undefined);
    peer.write(text);
    await until(() => connected >= wanted);
    return peer;
  };

  it('is kept from when it was asked to start, in order and with its time, and counted before', async () => {
    await send('a', 'b');
    const asked = process.hrtime.bigint();
    await send('c');
    await send('d');
    const { datagrams, dropped } = sockets.early.take(asked);
    expect(datagrams.map(({ bytes }) => bytes.toString())).toEqual(['c', 'd']);
    expect(datagrams.every(({ atNs }) => atNs >= asked && atNs <= process.hrtime.bigint())).toBe(true);
    expect(datagrams[0]?.remote).toMatchObject({ address: HOST, port: sender.address().port });
    expect(dropped).toBe(2);
  });

  it('is no longer kept once it was taken', async () => {
    const listeners = sockets.udp.listenerCount('message');
    sockets.early.take(0n);
    expect(sockets.udp.listenerCount('message')).toBe(listeners - 1);
    await send('a');
    expect(sockets.early.take(0n).datagrams).toEqual([]);
  });

  it('goes, the oldest first, where it is too much', async () => {
    // As from the socket: the system would lose some of so many.
    for (let i = 0; i < 20_000; i++) sockets.udp.emit('message', Buffer.from(String(i)), {});
    const { datagrams, dropped } = sockets.early.take(0n);
    expect(datagrams.length + dropped).toBe(20_000);
    expect(datagrams.length).toBeGreaterThan(1000);
    expect(datagrams.at(-1)?.bytes.toString()).toBe('19999');
    expect(datagrams[0]?.bytes.toString()).toBe(String(dropped));
  });

  it('holds connections, with all that was written, and cuts those that came too early', async () => {
    const early = await connect('early');
    const asked = process.hrtime.bigint();
    const peer = await connect('written');
    const { connections } = sockets.early.take(asked);
    expect(connections).toHaveLength(1);
    const [text] = await once(connections[0] as Socket, 'data');
    expect(String(text)).toBe('written');
    if (!early.closed) await once(early, 'close');
    expect(peer.destroyed).toBe(false);
    connections[0]?.destroy();
  });

  it('does not end the process where a held connection breaks', async () => {
    const peer = await connect('x');
    // Read, and kept.
    await until(() => held?.readableLength === 1);
    peer.resetAndDestroy();
    await until(() => held?.destroyed === true);
    expect(held?.errored).toMatchObject({ code: 'ECONNRESET' });
    expect(sockets.early.take(0n).connections).toEqual([]);
  });
});
