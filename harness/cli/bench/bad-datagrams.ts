/**
 * Datagrams that no member must take: noise, damaged frames, frames of others, and whole frames that hold no message.
 * They are made from what the members of a simulated run said to each other, so that every kind of message is among them.
 */

import type { AnyProtocol, Random } from '../../../impl/protocol.ts';
import { protocols } from '../../../impl/registry.ts';
import { type Authenticator, encodeFrame, type Frame } from '../../../impl/wire/frame.ts';
import { createOpenSim } from '../../clusters/sim/sim.ts';
import { runPlanSync } from '../../run/run-plan.ts';
import { JUDGE_PARTS } from '../parts.ts';
import { benchPlan } from './bench-plans.ts';

export interface Spoken {
  readonly channel: string;
  readonly message: unknown;
}

/** Most that a kind contributes, so that no kind crowds out the others. */
const EACH_KIND = 100;

/** Messages of every kind that a short run of the suite sends. */
export function recordMessages(): Spoken[] {
  const byKind = new Map<string, Spoken[]>();
  const listening = new Map<string, AnyProtocol>();
  for (const [channel, protocol] of protocols) {
    const decode = (raw: unknown): unknown => {
      const message = protocol.decode(raw);
      if (message === undefined) return undefined;
      const kind = `${channel}.${protocol.kindOf(message)}`;
      const spoken = byKind.get(kind) ?? [];
      if (spoken.length < EACH_KIND) byKind.set(kind, [...spoken, { channel, message: raw }]);
      return message;
    };
    listening.set(channel, { ...protocol, decode });
  }
  const plan = benchPlan({ timeMs: 10_000 });
  // With the codec on, every message passes through its protocol's check.
  runPlanSync({ plan, cluster: 'sim', open: createOpenSim(listening, { codec: true }), parts: JUDGE_PARTS });
  return [...byKind.values()].flat();
}

export interface Target {
  readonly cluster: number;
  /** Who receives. */
  readonly name: string;
  /** Who the socket that sends belongs to, in the receiver's eyes. */
  readonly sender: string;
  /** Channels whose frames must carry a tag. */
  readonly authenticated: ReadonlySet<string>;
}

/** A tag of the right length that no key has made. */
const FORGER: Authenticator = { tagBytes: 16, tag: () => new Uint8Array(16).fill(7), verify: () => false };

/** Endless; the same generator of random numbers gives the same datagrams. */
export function* badDatagrams(spoken: readonly Spoken[], target: Target, random: Random): Generator<Uint8Array> {
  for (let number = 0; ; number++) {
    const { channel, message } = spoken[random.int(spoken.length)] as Spoken;
    const frame: Frame = {
      cluster: target.cluster,
      from: target.sender,
      life: 1,
      channel,
      epoch: 0,
      sequence: number,
      sentAtNs: number,
      message,
    };
    const forger = target.authenticated.has(channel) ? FORGER : undefined;
    const encode = (over: Partial<Frame> = {}, tagged = forger): Uint8Array =>
      encodeFrame({ ...frame, ...over }, target.name, tagged);
    switch (number % 8) {
      case 0:
        yield noise(random, random.int(1500));
        break;
      case 1:
      case 2:
        yield withFlips(encode(), random);
        break;
      case 3: {
        const bytes = encode();
        yield bytes.subarray(0, random.int(bytes.length));
        break;
      }
      case 4:
        yield Buffer.concat([encode(), noise(random, 1 + random.int(64))]);
        break;
      case 5: {
        // A frame's head before noise; of 8 bytes at least, so that the noise is never what stood there.
        const bytes = encode();
        const at = 8 + random.int(bytes.length - 16);
        yield Buffer.concat([bytes.subarray(0, at), noise(random, bytes.length - at)]);
        break;
      }
      case 6:
        yield encode([{ cluster: target.cluster + 1 }, { from: 'nobody' }, { channel: 'nothing' }][random.int(3)]);
        break;
      default:
        // Whole in every way, but no message; and, where links are authentic, a message that nobody has signed.
        yield forger === undefined ? encode({ message: shapeless(random, 3) }) : encode({}, forger);
    }
  }
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(256));
}

function withFlips(bytes: Uint8Array, random: Random): Uint8Array {
  // Different bits, so that no flip takes another back.
  const bits = Array.from({ length: bytes.length * 8 }, (_, bit) => bit);
  for (const bit of random.sample(bits, 1 + random.int(8))) {
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  }
  return bytes;
}

/** Plain data of no protocol's shape. */
function shapeless(random: Random, depth: number): unknown {
  const leaves = [null, true, -1, 0.5, 2 ** 53, '', 'n1', Number.NaN];
  const pick = random.int(depth === 0 ? leaves.length : leaves.length + 4);
  if (pick < leaves.length) return leaves[pick];
  const inner = Array.from({ length: random.int(4) }, () => shapeless(random, depth - 1));
  if (pick % 2 === 0) return inner;
  return Object.fromEntries(inner.map((value, index) => [`${'kuisvd'[random.int(6)]}${index}`, value]));
}
