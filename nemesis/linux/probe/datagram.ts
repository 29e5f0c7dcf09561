/** A probe's datagram: who, which, when, filling, and a checksum over all of it (FNV-1a, 32 bits). */
const MAGIC = 0x70726f62;
const AT = { magic: 0, from: 4, to: 6, sequence: 8, sentNs: 12, checksum: 20 } as const;
export const MIN_PAYLOAD_BYTES = 24;

export interface ProbeDatagram {
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly sentNs: bigint;
}

export function encodeProbe({ from, to, sequence, sentNs }: ProbeDatagram, payloadBytes: number): Buffer {
  const bytes = Buffer.alloc(Math.max(MIN_PAYLOAD_BYTES, payloadBytes), 0x5a);
  bytes.writeUInt32BE(MAGIC, AT.magic);
  bytes.writeUInt16BE(from, AT.from);
  bytes.writeUInt16BE(to, AT.to);
  bytes.writeUInt32BE(sequence, AT.sequence);
  bytes.writeBigUInt64BE(sentNs, AT.sentNs);
  bytes.writeUInt32BE(checksum(bytes), AT.checksum);
  return bytes;
}

/** Undefined for what is damaged or none of ours. */
export function decodeProbe(bytes: Buffer): ProbeDatagram | undefined {
  if (bytes.length < MIN_PAYLOAD_BYTES || bytes.readUInt32BE(AT.magic) !== MAGIC) return undefined;
  if (bytes.readUInt32BE(AT.checksum) !== checksum(bytes)) return undefined;
  return {
    from: bytes.readUInt16BE(AT.from),
    to: bytes.readUInt16BE(AT.to),
    sequence: bytes.readUInt32BE(AT.sequence),
    sentNs: bytes.readBigUInt64BE(AT.sentNs),
  };
}

function checksum(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at++) {
    if (at >= AT.checksum && at < MIN_PAYLOAD_BYTES) continue;
    hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  }
  return hash >>> 0;
}
