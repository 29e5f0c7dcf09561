/** Test support: certificates as an engine and its clients need them, made by openssl, good for a day. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';

/** The reason why tests cannot have certificates here; undefined: they can. */
export function whyNoCertificates(): string | undefined {
  const { failed } = execaSync('openssl', ['version'], { reject: false });
  return failed ? 'no openssl (Debian: apt-get install openssl)' : undefined;
}

/** ca.pem, server.pem with server-key.pem for 127.0.0.1, cert.pem with key.pem for a client; all in that folder. */
export async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...call: string[]) => execa('openssl', call, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-days', '1', '-subj', '/CN=test');
  const uses = [
    {
      name: 'server',
      keyFile: 'server-key.pem',
      extensions: 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth',
    },
    { name: 'cert', keyFile: 'key.pem', extensions: 'extendedKeyUsage=clientAuth' },
  ];
  for (const { name, keyFile, extensions } of uses) {
    writeFileSync(join(folder, `${name}.ext`), extensions);
    await openssl('req', '-new', ...key, '-keyout', keyFile, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', `${name}.ext`];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`, '-days', '1');
  }
}
