import { expect, it } from 'vitest';
import { createSigner, directoryOf, privateKeyOf, publicKeyOf, withPublicKey } from './keys.ts';

const members = ['n1', 'n2'].map((name) => withPublicKey('seed', { name, startAtMs: 0 }));
const directory = directoryOf(members);
const signerOf = (name: string) => createSigner(privateKeyOf('seed', name), directory);

it('follows RFC 8032: the public key and the signature of test vector 1', () => {
  const privateKey = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
  const publicKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
  const signature =
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b';
  expect(publicKeyOf(privateKey)).toBe(publicKey);
  expect(createSigner(privateKey, new Map()).sign('')).toBe(Buffer.from(signature, 'hex').toString('base64url'));
});

it('takes what a member signed, and nothing else', () => {
  const signature = signerOf('n1').sign('text');
  for (const known of [undefined, new Map<string, boolean>()]) {
    const { verify } = createSigner(privateKeyOf('seed', 'n2'), directory, undefined, known);
    for (let twice = 0; twice < 2; twice++) {
      expect(verify('n1', 'text', signature)).toBe(true);
      expect(verify('n2', 'text', signature)).toBe(false);
      expect(verify('n1', 'texts', signature)).toBe(false);
      expect(verify('n3', 'text', signature)).toBe(false);
      expect(verify('n1', 'text', signature.slice(0, 43))).toBe(false);
      expect(verify('n1', 'text', '')).toBe(false);
    }
  }
});

it('gives each member of each seed a key of its own, the same each time', () => {
  const keys = [privateKeyOf('a', 'n1'), privateKeyOf('a', 'n2'), privateKeyOf('b', 'n1')];
  expect(new Set(keys).size).toBe(3);
  expect(privateKeyOf('a', 'n1')).toBe(keys[0]);
});
