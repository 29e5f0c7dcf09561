/**
 * TLS on the way to an engine, as the docker command knows it (Docker CLI reference, environment variables): where
 * DOCKER_TLS_VERIFY has a value, or the address says https, the engine is spoken to by TLS and has to show who it is.
 * DOCKER_CERT_PATH (else ~/.docker) is the folder of ca.pem, who may have signed the engine's certificate, and of cert.pem
 * and key.pem, which the engine may ask for. What is not there is not used: then the machine's own list of signers counts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../model/errors.ts';

export interface Tls {
  /** Each certificate of the file is one entry: Node reads no more than the first of a text. */
  readonly ca: readonly string[] | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Undefined: the engine is spoken to in the clear. Throws UserError for certificates that cannot be used. */
export function tlsOf(url: URL, environment: NodeJS.ProcessEnv): Tls | undefined {
  if (url.protocol !== 'https:' && !environment.DOCKER_TLS_VERIFY) return undefined;
  const given = environment.DOCKER_CERT_PATH;
  const folder = given || join(homedir(), '.docker');
  if (given && !existsSync(given)) {
    throw new UserError('DOCKER_CERT_PATH names no folder', given, 'name the one of ca.pem, cert.pem and key.pem');
  }
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => read(join(folder, name)));
  if ((cert === undefined) !== (key === undefined)) {
    const [there, wanting] = key === undefined ? ['cert.pem', 'key.pem'] : ['key.pem', 'cert.pem'];
    throw new UserError(`there is a ${there} for the Docker engine, and no ${wanting}`, folder, 'put both there');
  }
  const signers = ca?.match(CERTIFICATE) ?? undefined;
  if (ca !== undefined && signers === undefined) {
    throw new UserError('there is no certificate in this file', join(folder, 'ca.pem'), 'write it in PEM');
  }
  return { ca: signers, cert, key };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UserError(`a certificate for the Docker engine cannot be read (${code})`, path, 'let this user read it');
  }
}

const UNKNOWN_SIGNER = 'nobody who is known has signed its certificate';
const NO_TLS = 'it speaks no TLS';
const ONLY_TLS = 'it speaks TLS, and was spoken to in the clear';

/** By the codes of Node's and OpenSSL's errors. */
const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it asks for a client certificate that it trusts'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'it asks for a client certificate that it trusts'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'it asks for a client certificate that it trusts'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'it asks for a client certificate that it trusts'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'it asks for a client certificate that it trusts'],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_SIGNER],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNKNOWN_SIGNER],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_SIGNER],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_SIGNER],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_SIGNER],
  ['CERT_SIGNATURE_FAILURE', UNKNOWN_SIGNER],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NO_TLS],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', NO_TLS],
]);

/** What an error on the way says of TLS; undefined: nothing. */
export function tlsProblemOf(error: Error): string | undefined {
  const { code, json } = error as NodeJS.ErrnoException & { readonly json?: unknown };
  // Of an engine that answers in the clear what it cannot read.
  if (`${error.message} ${String(json)}`.includes('HTTP request to an HTTPS server')) return ONLY_TLS;
  return PROBLEMS.get(code ?? '');
}

/** How to mend such a problem; undefined: it is no such problem. */
export function tlsMend(problem: string): string | undefined {
  if (problem === NO_TLS) return 'unset DOCKER_TLS_VERIFY, or name the port at which the engine speaks TLS';
  if (problem === ONLY_TLS) return 'set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of the certificates';
  if (![...PROBLEMS.values()].includes(problem)) return undefined;
  return 'set DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem that belong to this engine';
}
