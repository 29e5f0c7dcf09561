/** Writes tar archives (POSIX ustar), as much of them as an engine needs to take in an image. */

export type TarEntry =
  | { readonly type: 'file'; readonly path: string; readonly mode: number; readonly bytes: Buffer }
  | { readonly type: 'folder'; readonly path: string; readonly mode: number; readonly owner?: number | undefined }
  | { readonly type: 'link'; readonly path: string; readonly target: string };

const BLOCK_BYTES = 512;
const TYPE_FLAGS = { file: '0', link: '2', folder: '5' } as const;

/** The archive in pieces. Paths are relative, with `/`; a time stamp of zero keeps equal contents equal. */
export function* tarOf(entries: Iterable<TarEntry>): Generator<Buffer> {
  for (const entry of entries) {
    const size = entry.type === 'file' ? entry.bytes.length : 0;
    yield headerOf(entry, size);
    if (entry.type !== 'file') continue;
    yield entry.bytes;
    const padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    if (padding > 0) yield Buffer.alloc(padding);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function headerOf(entry: TarEntry, size: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const { prefix, name } = splitPath(entry.path);
  const owner = entry.type === 'folder' ? (entry.owner ?? 0) : 0;
  header.write(name, 0, 100);
  header.write(octal(entry.type === 'link' ? 0o777 : entry.mode, 8), 100);
  header.write(octal(owner, 8), 108);
  header.write(octal(owner, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  // The checksum is taken with spaces in its own place.
  header.write(' '.repeat(8), 148);
  header.write(TYPE_FLAGS[entry.type], 156);
  if (entry.type === 'link') header.write(entry.target, 157, 100);
  header.write('ustar\u000000', 257);
  header.write(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** At most 100 bytes stand in the name; what is longer is cut at a slash. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path };
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { prefix, name };
  }
  throw new RangeError(`too long a path for a tar archive: ${path}`);
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
