/** Datagrams at a socket that speaks for a member of the plan: what is no message of its protocol changes nothing. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bracha } from '../../impl/bracha/bracha.ts';
import { Member } from '../../impl/member/member.ts';
import { settingsOf } from '../../impl/protocol.ts';
import { swim } from '../../impl/swim/swim.ts';
import { decodeFrame, encodeFrame, type Frame, HEADER_BYTES, MEASURE_AT, namedEpoch } from '../../impl/wire/frame.ts';
import { BaseLatency } from '../link/base-latency.ts';
import { TrafficMeter } from '../link/meters.ts';
import { LinkShaper } from '../link/shaper.ts';
import { split } from '../model/rng.ts';
import { Alarms } from './alarms.ts';
import { createAuthenticator, pairKey } from './authenticator.ts';
import { Datagrams } from './datagrams.ts';
import { firstSequence, LinkCounts } from './link-counts.ts';
import { AddressBook, type LinkHost } from './link-host.ts';

const HOST = '127.0.0.1';
const NAMES = ['n1', 'n2', 'n3'];
const CLUSTER = 77;
const keysOf = (self: string) => Object.fromEntries(NAMES.map((peer) => [peer, pairKey('s', self, peer)]));

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  const listening = once(socket, 'listening');
  socket.bind(0, HOST);
  await listening;
  return socket;
}

function createMember(): Member {
  const channels = [swim, bracha].map((protocol) => ({
    name: protocol.name,
    protocol,
    settings: settingsOf<object>(protocol.settings, 'quick'),
  }));
  const nothing = (): void => undefined;
  const member = new Member({ name: 'n1', life: 1, roster: NAMES }, channels, {
    send: nothing,
    stream: nothing,
    setTimer: nothing,
    persist: nothing,
    reply: nothing,
    observe: nothing,
    wallMs: () => 1,
    monotonicMs: () => 1,
    random: (label) => split('datagrams', label),
  });
  member.start(undefined, ['n2']);
  return member;
}

describe('Datagrams', () => {
  let socket: Socket;
  let peer: Socket;
  let outsider: Socket;
  let delivered = 0;
  let epoch = 0;
  let member: Member;
  let host: LinkHost;
  const traffic = new TrafficMeter();
  const links = new LinkCounts();
  const alarms = new Alarms(() => 0);

  beforeAll(async () => {
    [socket, peer, outsider] = await Promise.all([bound(), bound(), bound()]);
    member = createMember();
    const channels = ['swim', 'bracha'];
    const authenticator = createAuthenticator('n1', keysOf('n1'));
    host = {
      self: 'n1',
      life: 1,
      boot: 1,
      cluster: CLUSTER,
      seed: 's',
      book: new AddressBook([
        { name: 'n1', host: HOST, port: socket.address().port },
        { name: 'n2', host: HOST, port: peer.address().port },
      ]),
      shaper: new LinkShaper('s'),
      base: new BaseLatency('s', undefined),
      alarms,
      traffic,
      links,
      now: () => 0,
      epoch: () => epoch,
      authenticator: (channel) => (channel === 'bracha' ? authenticator : undefined),
      kindOf: (channel, message) => member.kindOf(channels.indexOf(channel), message),
      decode: (channel, raw) => member.decode(channels.indexOf(channel), raw),
      deliver: (from, life, channel, message) => {
        delivered++;
        member.receive(channels.indexOf(channel), from, life, message);
      },
    };
    new Datagrams(host, socket);
  });

  afterAll(() => {
    for (const one of [socket, peer, outsider]) one.close();
    alarms.close();
  });

  const count = () => Object.values(traffic.take().dropped).reduce((sum, number) => sum + number, 0);

  /** Sends and waits until all of them were dropped: the kernel keeps a hundred small ones. */
  async function drop(from: Socket, datagrams: readonly Uint8Array[]): Promise<void> {
    for (const bytes of datagrams) from.send(bytes, socket.address().port, HOST);
    for (let dropped = 0; dropped < datagrams.length; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      dropped += count();
    }
  }

  const frame: Frame = {
    cluster: CLUSTER,
    from: 'n2',
    life: 1,
    channel: 'swim',
    epoch: 0,
    sequence: 0,
    sentAtNs: 0,
    message: { k: 'ping', s: 1, i: 1, u: [['n3', 1, 1, 2]] },
  };

  it('drops random bytes and flipped bits, whoever they come from', async () => {
    const random = split('fuzz', 'bytes');
    const intact = encodeFrame(frame, 'n1');
    const before = JSON.stringify([member.view(0), member.view(1)]);
    for (let batch = 0; batch < 40; batch++) {
      const datagrams = Array.from({ length: 50 }, () => {
        if (random.int(2) === 0) return Uint8Array.from({ length: random.int(200) }, () => random.int(256));
        const bytes = intact.slice(0, random.int(4) === 0 ? random.int(intact.length) : intact.length);
        for (let flips = 1 + random.int(3); flips > 0; flips--) {
          const at = random.int(bytes.length);
          if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << (7 - flips));
        }
        return bytes;
      });
      await drop(batch % 2 === 0 ? peer : outsider, datagrams);
    }
    expect(delivered).toBe(0);
    expect(JSON.stringify([member.view(0), member.view(1)])).toBe(before);
  });

  it('drops intact frames that say what no member says', async () => {
    const frames: [Socket, Uint8Array][] = [
      [peer, encodeFrame({ ...frame, cluster: 78 }, 'n1')],
      [peer, encodeFrame({ ...frame, from: 'n3' }, 'n1')],
      [peer, encodeFrame({ ...frame, channel: 'nothing' }, 'n1')],
      [peer, encodeFrame({ ...frame, message: { k: 'ping', s: -1 } }, 'n1')],
      [outsider, encodeFrame(frame, 'n1')],
      [peer, encodeFrame({ ...frame, channel: 'bracha', message: { votes: [], acks: [] } }, 'n1')],
      [peer, new Uint8Array(1401)],
    ];
    const before = JSON.stringify([member.view(0), member.view(1)]);
    for (const [from, bytes] of frames) await drop(from, [bytes]);
    expect(delivered).toBe(0);
    expect(JSON.stringify([member.view(0), member.view(1)])).toBe(before);
  });

  it('counts a damaged datagram for the epoch in which it was sent', async () => {
    const damaged = (epoch: number): Uint8Array => {
      const bytes = encodeFrame({ ...frame, epoch }, 'n1');
      bytes[HEADER_BYTES] = (bytes[HEADER_BYTES] as number) ^ 1;
      return bytes;
    };
    epoch = 5;
    links.takeChanged(0, 'n1', 1);
    for (const sent of [3, 3, 5, 6, 4_000_000_000]) await drop(peer, [damaged(sent)]);
    await drop(outsider, [damaged(3)]);
    const counted = links.takeChanged(0, 'n1', 1).map((line) => [line.epoch, line.corrupted]);
    // The last one names what nobody can have known: it is taken for damage of the moment.
    expect(counted).toEqual([
      [3, { n2: 2 }],
      [5, { n2: 2 }],
      [6, { n2: 1 }],
    ]);
  });

  it('damages everything but what it is measured by', async () => {
    const shaper = new LinkShaper('damage');
    shaper.setFaults([{ type: 'corrupt', id: 'f', atMs: 0, untilMs: 1000, links: 'all', probability: 1 } as never]);
    const arrived: Buffer[] = [];
    const listen = (bytes: Buffer): void => {
      arrived.push(bytes);
    };
    peer.on('message', listen);
    const sending = new Datagrams({ ...host, shaper, epoch: () => 7 }, outsider);
    const flipped = new Set<number>();
    for (let i = 0; i < 400; i++) {
      sending.send('n2', 'swim', frame.message);
      while (arrived.length <= i) await new Promise((resolve) => setTimeout(resolve, 1));
      const bytes = arrived[i] as Buffer;
      expect(decodeFrame(bytes, CLUSTER, () => undefined)).toHaveProperty('dropped');
      expect(namedEpoch(bytes)).toBe(7);
      const intact = encodeFrame({ ...frame, from: 'n1', epoch: 7, sequence: firstSequence(1) + i }, 'n2');
      bytes.forEach((byte, at) => {
        if (byte !== intact[at]) flipped.add(at);
      });
    }
    peer.off('message', listen);
    for (let at = 0; at < (arrived[0]?.length ?? 0); at++) {
      expect(flipped.has(at), `byte ${at}`).toBe(at < MEASURE_AT.from || at >= MEASURE_AT.until);
    }
  });

  it('puts a datagram on the wire once the latency of its link is over, and no earlier', async () => {
    const base = new BaseLatency('s', [{ from: ['n1'], to: ['n2'], latencyMs: 30, jitterMs: 0 }]);
    const due: number[] = [];
    const timed = new Alarms(() => 0);
    timed.at = (time, action) => {
      due.push(time);
      action();
    };
    let arrived = 0;
    const listen = (): void => {
      arrived++;
    };
    peer.on('message', listen);
    const sending = new Datagrams({ ...host, base, alarms: timed }, outsider);
    sending.send('n2', 'swim', frame.message);
    while (arrived === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    peer.off('message', listen);
    expect(due).toEqual([30e6]);
    timed.close();
    traffic.take();
  });

  it('delivers what a member says, as a control', async () => {
    const before = JSON.stringify(member.view(0));
    const bytes = encodeFrame(frame, 'n1');
    peer.send(bytes, socket.address().port, HOST);
    while (delivered === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(traffic.take()).toMatchObject({ received: { 'swim.ping': [1, bytes.length] }, dropped: {} });
    expect(JSON.stringify(member.view(0))).not.toBe(before);
  });
});
