/** The members' image: there already, or made of this machine's own files and imported. No registry is asked. */
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import manifest from '../../../package.json' with { type: 'json' };
import { UnavailableError } from '../../model/errors.ts';
import { reasonOf, statusOf } from './engine.ts';
import { collectImageFiles, MEMBER_UID, NODE_PATH, PROGRAM_FOLDER } from './image-files.ts';
import { tarOf } from './tar.ts';

const REPOSITORY = 'hearsay-member';
export const VERSION_LABEL = 'hearsay.version';
export const CONTENT_LABEL = 'hearsay.content';

export interface MemberImage {
  /** By which containers are made of it. */
  readonly name: string;
  readonly built: boolean;
  /** Bytes. */
  readonly size: number;
  /** Tools that it lacks because this machine does. */
  readonly missing: readonly string[];
}

/**
 * Makes the image unless the engine has it; `named` (HEARSAY_IMAGE) is taken as it is. Throws UnavailableError where it
 * cannot be had.
 */
export async function ensureImage(engine: Docker, named = process.env.HEARSAY_IMAGE): Promise<MemberImage> {
  if (named !== undefined && named !== '') return checkNamed(engine, named);
  const { entries, hash, missing } = await collectImageFiles();
  const tag = `${manifest.version}-${hash.slice(0, 12)}`;
  const name = `${REPOSITORY}:${tag}`;
  const present = await inspect(engine, name);
  if (present?.labels[CONTENT_LABEL] === hash) return { name, built: false, size: present.size, missing };
  const settings = {
    USER: `${MEMBER_UID}:${MEMBER_UID}`,
    WORKDIR: '/',
    ENTRYPOINT: JSON.stringify([NODE_PATH, `${PROGRAM_FOLDER}/member.js`]),
    LABEL: `${VERSION_LABEL}=${manifest.version} ${CONTENT_LABEL}=${hash}`,
  };
  const changes = Object.entries(settings).map((pair) => pair.join(' '));
  try {
    const options = { repo: REPOSITORY, tag, changes };
    await finished(await engine.importImage(Readable.from(tarOf(entries), { objectMode: false }), options));
  } catch (error) {
    const mend = 'make room on its disk, or name an image of docker/Dockerfile in HEARSAY_IMAGE';
    throw new UnavailableError(`the engine does not take the members' image: ${reasonOf(error)}`, undefined, mend);
  }
  // For people and compose files, which do not know the content's hash.
  await engine.getImage(name).tag({ repo: REPOSITORY, tag: manifest.version });
  const made = await inspect(engine, name);
  if (made === undefined) {
    throw new UnavailableError("the engine took the members' image and does not have it", name, 'try again');
  }
  return { name, built: true, size: made.size, missing };
}

async function checkNamed(engine: Docker, name: string): Promise<MemberImage> {
  const image = await inspect(engine, name);
  const mend = 'build docker/Dockerfile of this version, or unset HEARSAY_IMAGE to have an image made';
  if (image === undefined)
    throw new UnavailableError('the engine does not have the image of HEARSAY_IMAGE', name, mend);
  const version = image.labels[VERSION_LABEL];
  if (version !== manifest.version) {
    const what = `the image of HEARSAY_IMAGE is of hearsay ${version ?? 'unknown'}, not ${manifest.version}`;
    throw new UnavailableError(what, name, mend);
  }
  return { name, built: false, size: image.size, missing: [] };
}

/** undefined: the engine does not have it. */
async function inspect(
  engine: Docker,
  name: string,
): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly size: number } | undefined> {
  try {
    const image = await engine.getImage(name).inspect();
    return { labels: image.Config.Labels ?? {}, size: image.Size };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Reads an engine's progress to its end. Rejects with what it says went wrong. */
async function finished(progress: NodeJS.ReadableStream): Promise<void> {
  let text = '';
  for await (const chunk of progress) text += String(chunk);
  for (const line of text.split('\n').filter((part) => part.trim() !== '')) {
    const { error } = JSON.parse(line) as { readonly error?: string };
    if (error !== undefined) throw new Error(error);
  }
}
