/** Which files of this machine a member's image is made of: node, a few tools, what they load, and our own programs. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { execa } from 'execa';
import { findFaketime } from '../../../nemesis/linux/clock.ts';
import { UnavailableError } from '../../model/errors.ts';
import { programPath } from '../real/program-path.ts';
import type { TarEntry } from './tar.ts';

/** Members run as this user, who owns nothing but the folder of their state. */
export const MEMBER_UID = 10_001;
export const STATE_FOLDER = '/state';
export const NODE_PATH = '/usr/local/bin/node';
export const PROGRAM_FOLDER = '/hearsay';
export const FAKETIME_PATH = '/hearsay/libfaketime.so.1';

/** What a helper needs to make faults in a member's network namespace, and to write files beside a member. */
const TOOLS = ['nft', 'tc', 'ip', 'sh', 'cat'] as const;
const TOOL_FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];
/** A library that is loaded by name at run time is in no list that `ldd` gives. */
const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/lib'];

export interface ImageFiles {
  readonly entries: readonly TarEntry[];
  /** Of every path and every byte, hex. */
  readonly hash: string;
  /** Names of tools that this machine does not have, so that the image lacks them too. */
  readonly missing: readonly string[];
}

/** `more`: names of further tools. Throws UnavailableError where this machine's node cannot be put into an image. */
export async function collectImageFiles(more: readonly string[] = []): Promise<ImageFiles> {
  if (process.platform !== 'linux') {
    throw new UnavailableError(
      "a member's image cannot be made of this machine's own node, which is not for Linux",
      process.platform,
      'build docker/Dockerfile and name the image in HEARSAY_IMAGE',
    );
  }
  const files = new Map<string, string>();
  const missing: string[] = [];
  const programs: string[] = [realpathSync(process.execPath)];
  files.set(NODE_PATH, realpathSync(process.execPath));
  for (const tool of [...TOOLS, ...more]) {
    const path = TOOL_FOLDERS.map((folder) => join(folder, tool)).find((candidate) => existsSync(candidate));
    if (path === undefined) missing.push(tool);
    else {
      // Some tools are one program with many names.
      files.set(posix.join('/usr/bin', tool), realpathSync(path));
      programs.push(realpathSync(path));
    }
  }
  const faketime = findFaketime();
  if (faketime === undefined) missing.push('libfaketime');
  else {
    files.set(FAKETIME_PATH, realpathSync(faketime));
    programs.push(faketime);
  }
  for (const library of await librariesOf(programs)) files.set(library, realpathSync(library));
  for (const extra of loadedByName()) files.set(extra, realpathSync(extra));
  for (const program of ownPrograms()) files.set(posix.join(PROGRAM_FOLDER, basename(program)), program);
  return { ...pack(files), missing };
}

function pack(files: ReadonlyMap<string, string>): { entries: TarEntry[]; hash: string } {
  const hash = createHash('sha256');
  const folders = new Set<string>();
  const contents: TarEntry[] = [];
  const add = (path: string, mode: number, bytes: Buffer): void => {
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) folders.add(folder);
    contents.push({ type: 'file', path: path.slice(1), mode, bytes });
    hash.update(`${path} ${mode} ${bytes.length}\n`).update(bytes);
  };
  for (const [path, source] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    add(path, (statSync(source).mode & 0o111) === 0 ? 0o644 : 0o755, readFileSync(source));
  }
  const user = `hearsay:x:${MEMBER_UID}:${MEMBER_UID}::/:/nonexistent`;
  add('/etc/passwd', 0o644, Buffer.from(`root:x:0:0::/:/nonexistent\n${user}\n`));
  add('/etc/group', 0o644, Buffer.from(`root:x:0:\nhearsay:x:${MEMBER_UID}:\n`));
  const entries: TarEntry[] = [...folders].sort().map((path) => ({ type: 'folder', path: path.slice(1), mode: 0o755 }));
  entries.push({ type: 'folder', path: 'tmp', mode: 0o1777 }, { type: 'folder', path: 'run', mode: 0o755 });
  entries.push({ type: 'folder', path: STATE_FOLDER.slice(1), mode: 0o700, owner: MEMBER_UID });
  // Where people and their scripts look for a shell.
  entries.push({ type: 'link', path: 'bin', target: 'usr/bin' });
  return { entries: [...entries, ...contents], hash: hash.digest('hex') };
}

/** Paths of the shared libraries that the programs are linked with, and of the loader. */
async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const outputs = await Promise.all(programs.map((program) => execa('ldd', [program], { reject: false })));
  outputs.forEach(({ stdout, exitCode }, index) => {
    const text = String(stdout ?? '');
    if (/not found/.test(text) || (exitCode !== 0 && !/statically|not a dynamic/.test(text))) {
      const mend = 'install what it is linked with, or build docker/Dockerfile and name the image in HEARSAY_IMAGE';
      throw new UnavailableError('ldd cannot say which libraries a program needs', programs[index], mend);
    }
    for (const match of text.matchAll(/(?:=> )?(\/\S+) \(0x/g)) if (match[1] !== undefined) found.add(match[1]);
  });
  return [...found].sort();
}

/** Tables of netem's distributions. */
function loadedByName(): string[] {
  const folder = LIBRARY_FOLDERS.map((parent) => join(parent, 'tc')).find((path) => existsSync(path));
  if (folder === undefined) return [];
  const tables = readdirSync(folder).filter((file) => file.endsWith('.dist'));
  return tables.sort().map((file) => join(folder, file));
}

/** Compiled programs that run beside or in a member's container. */
function ownPrograms(): string[] {
  const member = programPath('member.js');
  const others = ['relay.js', 'probe.js'].map((file) => join(dirname(member), file)).filter((path) => existsSync(path));
  return [member, ...others];
}
