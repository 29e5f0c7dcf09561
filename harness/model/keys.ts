/**
 * Ed25519 keys of a plan's members (RFC 8032). They follow from the plan's seed, so that the same plan gives the same
 * history; the public ones stand in the plan, and a member is handed no private key but its own.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Signer } from '../../impl/protocol.ts';
import type { Plan, PlannedMember } from './plan.ts';

/** What stands before the 32 bytes of a private and of a public key in DER (RFC 8410). */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');
/** A signature, 64 bytes, as base64url without padding. */
const SIGNATURE = /^[A-Za-z0-9_-]{86}$/;

/** What a member must hold to sign: hex, 32 bytes. */
export function privateKeyOf(seed: string, member: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['hearsay member key', seed, member]))
    .digest('hex');
}

/** Hex, 32 bytes. */
export function publicKeyOf(privateKey: string): string {
  return remembered(PUBLIC_KEYS, privateKey, derivePublic);
}

function derivePublic(privateKey: string): string {
  const der = createPublicKey(importPrivate(privateKey)).export({ format: 'der', type: 'spki' });
  return der.subarray(PUBLIC_DER.length).toString('hex');
}

/** Reading a key takes longer than signing with it, and each life of each member reads its own. */
const PUBLIC_KEYS = new Map<string, string>();
const PRIVATE_KEYS = new Map<string, KeyObject>();
const MOST_REMEMBERED = 256;

function remembered<Key>(known: Map<string, Key>, text: string, derive: (text: string) => Key): Key {
  let key = known.get(text);
  if (key === undefined) {
    key = derive(text);
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(text, key);
  }
  return key;
}

function importPrivate(privateKey: string): KeyObject {
  return remembered(PRIVATE_KEYS, privateKey, readPrivate);
}

function readPrivate(privateKey: string): KeyObject {
  const key = Buffer.concat([PRIVATE_DER, Buffer.from(privateKey, 'hex')]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** Whether a protocol of the plan signs, and so needs the key directory. */
export function needsKeys(plan: Pick<Plan, 'channels'>): boolean {
  return plan.channels.some((channel) => channel.settings.signed === true);
}

export function withPublicKey(seed: string, member: PlannedMember): PlannedMember {
  return { ...member, publicKey: publicKeyOf(privateKeyOf(seed, member.name)) };
}

/** What signatures have cost. */
export interface SignatureCounts {
  signed: number;
  verified: number;
}

/** Public keys by member, hex; of members without one nothing is taken for signed. */
export type KeyDirectory = ReadonlyMap<string, string>;

export function directoryOf(members: readonly PlannedMember[]): KeyDirectory {
  return new Map(members.flatMap(({ name, publicKey }) => (publicKey === undefined ? [] : [[name, publicKey]])));
}

/**
 * Signs and checks. `known`: verdicts on signatures by everything that decides them, for members that share a process;
 * without it each member checks for itself, as real ones do.
 */
export function createSigner(
  privateKey: string,
  directory: KeyDirectory,
  counts: SignatureCounts = { signed: 0, verified: 0 },
  known?: Map<string, boolean>,
): Signer {
  let own: KeyObject | undefined;
  const others = new Map<string, KeyObject | undefined>();
  const keyOf = (member: string): KeyObject | undefined => {
    if (others.has(member)) return others.get(member);
    const hex = directory.get(member);
    const key =
      hex === undefined
        ? undefined
        : createPublicKey({ key: Buffer.concat([PUBLIC_DER, Buffer.from(hex, 'hex')]), format: 'der', type: 'spki' });
    others.set(member, key);
    return key;
  };
  const check = (member: string, text: string, signature: string): boolean => {
    const key = keyOf(member);
    if (key === undefined) return false;
    counts.verified++;
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  };
  return {
    sign(text) {
      counts.signed++;
      own ??= importPrivate(privateKey);
      return sign(null, Buffer.from(text), own).toString('base64url');
    },
    verify(member, text, signature) {
      if (!SIGNATURE.test(signature)) return false;
      if (known === undefined) return check(member, text, signature);
      const place = JSON.stringify([member, text, signature]);
      const before = known.get(place);
      if (before !== undefined) return before;
      const verdict = check(member, text, signature);
      known.set(place, verdict);
      return verdict;
    },
  };
}
