import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ProgressReporter, ProgressWatch } from './stream-progress.ts';

describe('progress of a stream', () => {
  const sockets: Socket[] = [];
  let server: Server | undefined;
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server?.close();
  });

  async function connect(admit: (socket: Socket) => void): Promise<Socket> {
    server = createServer((socket) => {
      sockets.push(socket);
      admit(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = createConnection((server.address() as { port: number }).port, '127.0.0.1');
    sockets.push(socket);
    return socket;
  }

  it('gives a connection up whose receiver takes nothing', async () => {
    const socket = await connect((peer) => peer.pause());
    const stalled = new Promise((resolve) => {
      new ProgressWatch(socket, () => resolve('stalled')).write(new Uint8Array(100));
    });
    expect(await stalled).toBe('stalled');
  });

  it('keeps one whose receiver reports, and says so for all that was written', async () => {
    let received = 0;
    let told: () => void = () => undefined;
    const socket = await connect((peer) => {
      const reporter = new ProgressReporter(peer);
      peer.on('data', (chunk) => {
        received += chunk.length;
        reporter.received(chunk.length);
        if (received === 300_000) told();
      });
    });
    const all = new Promise<void>((resolve) => {
      told = resolve;
    });
    let stalls = 0;
    const watch = new ProgressWatch(socket, () => stalls++);
    watch.write(new Uint8Array(200_000));
    watch.write(new Uint8Array(100_000));
    await all;
    // Longer than a connection without reports is borne with.
    const control = new Promise((resolve) => setTimeout(resolve, 2000));
    await control;
    expect(stalls).toBe(0);
  });
});
