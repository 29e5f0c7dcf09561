/** A member's two sockets: datagrams and streams on the same port number. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { EarlyArrivals } from './early-arrivals.ts';

/** Below the ports that Linux and macOS hand out to clients, so that nobody is given ours while a member is down. */
const FIRST_PORT = 10_240;
const LAST_PORT = 32_767;
const ATTEMPTS = 50;
const RETRY_MS = 50;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export interface Sockets {
  readonly udp: Socket;
  readonly tcp: Server;
  readonly port: number;
  /** What they bring until the member runs. */
  readonly early: EarlyArrivals;
}

/** The port that was asked for is taken. */
export class PortInUseError extends Error {
  readonly port: number;
  constructor(port: number) {
    super(`port ${port} is in use`);
    this.name = 'PortInUseError';
    this.port = port;
  }
}

/**
 * Binds both. Without a port, a free one is chosen. With one, `patienceMs` is how long to wait for it to become free (the
 * member's own last process may have just died). Throws PortInUseError, or what the system says.
 */
export async function bindSockets(host: string, port: number | undefined, patienceMs: number): Promise<Sockets> {
  const attempts = port === undefined ? ATTEMPTS : 1 + Math.ceil(patienceMs / RETRY_MS);
  for (let attempt = 1; ; attempt++) {
    const wanted = port ?? FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    try {
      return await bindBoth(host, wanted);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (attempt >= attempts) throw new PortInUseError(wanted);
      if (port !== undefined) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function bindBoth(host: string, port: number): Promise<Sockets> {
  // Addresses are literal: answering the look-up at once lets a datagram leave within the call that sends it.
  const udp = createSocket({ type: 'udp4', lookup: (name, _options, done) => done(null, name, 4) });
  const tcp = createServer();
  const early = new EarlyArrivals(udp, tcp);
  try {
    // With the address at hand a socket may report itself within the call: listen for that first.
    const bound = once(udp, 'listening');
    udp.bind(port, host);
    await bound;
    const listening = once(tcp, 'listening');
    tcp.listen(port, host);
    await listening;
  } catch (error) {
    udp.close();
    tcp.close();
    throw error;
  }
  try {
    udp.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // Some systems refuse what is above their limit instead of cutting it down; their default has to do.
  }
  return { udp, tcp, port, early };
}
