/** CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320), four bytes a step. */

/** Four tables of 256: table k advances a byte by k further zero bytes. */
const TABLES: readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array] = buildTables();

function buildTables(): readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const tables = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    tables[0][i] = c;
  }
  for (let i = 0; i < 256; i++) {
    let c = tables[0][i] as number;
    for (const table of tables.slice(1)) {
      c = (tables[0][c & 0xff] as number) ^ (c >>> 8);
      table[i] = c;
    }
  }
  return tables;
}

/** Of `bytes[start, end)`. `previous` continues a checksum: crc32(b, .., crc32(a)) is that of a and b joined. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, previous = 0): number {
  const [t0, t1, t2, t3] = TABLES;
  let crc = ~previous;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (t3[crc & 0xff] as number) ^
      (t2[(crc >>> 8) & 0xff] as number) ^
      (t1[(crc >>> 16) & 0xff] as number) ^
      (t0[crc >>> 24] as number);
  }
  for (; at < end; at++) crc = (t0[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
