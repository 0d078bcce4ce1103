import { createPublicKey, verify } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getPublicKey, hashes, sign } from '@noble/ed25519';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../../src/domain/signing/base64.js';
import { Ed25519Signer } from '../../../src/adapters/signing/ed25519-signer.js';
import { keyPair, signText, verifyText } from '../../../src/adapters/signing/ed25519.js';
import { openKeyFile, parseKeys } from '../../../src/adapters/signing/key-file.js';
import type { Telemetry } from '../../../src/ports/telemetry.js';
import { signerContract } from '../../contracts/signer.contract.js';
import { signingVectors, vectors } from '../../support/vectors.js';

const seed = Buffer.from(vectors.signing.seed_unpadded_base64, 'base64');

signerContract(async () => {
  const old = { keyId: 'ed25519:old_1', seed: Buffer.alloc(32, 7) };
  return new Ed25519Signer('id.example.org', [{ keyId: 'ed25519:0', seed }, old]);
});

describe('Ed25519Signer', () => {
  it.each(signingVectors)('signs $input as in the specification (SJ-6)', async (vector) => {
    const signer = new Ed25519Signer(vector.server_name, [{ keyId: vector.key_id, seed }]);
    expect(await signer.sign(vector.input)).toEqual(vector.output);
    const { publicKey } = signer.keys[0];
    expect(publicKey).toBe(vectors.signing.public_key_unpadded_base64);
    expect(await signer.verify(vector.input, vector.signature, publicKey)).toBe(true);
  });

  it('signs and keeps keys that JavaScript treats as special (SJ-5)', async () => {
    const signer = new Ed25519Signer('id.example.org', [{ keyId: 'ed25519:0', seed }]);
    const object = JSON.parse('{"__proto__":{"a":1},"10":1,"9":2}') as Record<string, number>;

    const signed = await signer.sign(object);

    expect(Object.keys(signed).toSorted()).toEqual(['10', '9', '__proto__', 'signatures']);
    const signature = signed.signatures['id.example.org']?.['ed25519:0'] ?? '';
    expect(await signer.verify(object, signature, signer.keys[0].publicKey)).toBe(true);
    expect(await signer.verify({ '10': 1, '9': 2 }, signature, signer.keys[0].publicKey)).toBe(false);
  });
});

describe('ed25519', () => {
  it('has the signatures of two independent implementations, which verify each other', () => {
    expect(hashes.sha512).toBeDefined();
    for (let i = 0; i < 20; i++) {
      const pair = keyPair(Buffer.alloc(32, i));
      const text = `text ${'ä'.repeat(i)}`;

      const signature = signText(pair, text);

      expect(pair.publicKey).toEqual(Buffer.from(getPublicKey(Buffer.alloc(32, i))));
      expect(Buffer.from(signature)).toEqual(Buffer.from(sign(Buffer.from(text), Buffer.alloc(32, i))));
      expect(verifyText(text, signature, pair.publicKey)).toBe(true);
      expect(verify(null, Buffer.from(text), createPublicKey(pair.privateKey), signature)).toBe(true);
    }
  });
});

it.each([0, 31, 33])('refuses a seed of %i bytes', (length) => {
  expect(() => keyPair(Buffer.alloc(length))).toThrow(`an Ed25519 seed has 32 bytes, not ${length}`);
});

describe('base64', () => {
  it.each(vectors.unpadded_base64.vectors)(
    'is encoded and decoded for $utf8 as in the specification',
    ({ utf8, encoded }) => {
      expect(toBase64(Buffer.from(utf8))).toBe(encoded);
      expect(Buffer.from(fromBase64(encoded) ?? []).toString()).toBe(utf8);
    },
  );

  it('is decoded in both alphabets, padded or not', () => {
    const bytes = new Uint8Array([0xfb, 0xff, 0xbf, 0xfb]);
    for (const text of ['+/+/+w', '-_-_-w', '+/+/+w==', '-_-_-w==']) expect(fromBase64(text)).toEqual(bytes);
  });

  it.each(['A', 'AAAAA', 'AA AA', 'AAAA\n', 'Zm9v=Zm9v', '===', 'ä', 'Zm9v===', '*'])(
    'is not decoded from %j',
    (text) => {
      expect(fromBase64(text)).toBeUndefined();
    },
  );
});

describe('the key file', () => {
  let folder: string;
  let path: string;
  let lines: string[];
  const telemetry: Telemetry = {
    debug: () => {},
    info: (message) => lines.push(message),
    warn: (message, { path, mode }) => lines.push(`${message} ${JSON.stringify({ path, mode })}`),
    error: () => {},
    count: () => {},
    observe: () => {},
  };
  const line = `ed25519 0 ${vectors.signing.seed_unpadded_base64}`;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'islet-key-'));
    path = join(folder, 'signing.key');
    lines = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is created if there is none, readable for its owner only, and is not changed later', async () => {
    const made = await openKeyFile(path, telemetry);

    expect(made.map(({ keyId }) => keyId)).toEqual(['ed25519:0']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^ed25519 0 [A-Za-z0-9+/]{43}\n$/);
    expect(await openKeyFile(path, telemetry)).toEqual(made);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(lines).toEqual(['signing key created']);
  });

  it('is created with another key each time', async () => {
    const [key] = await openKeyFile(path, telemetry);
    const [other] = await openKeyFile(join(folder, 'other.key'), telemetry);
    expect(key.seed).not.toEqual(other.seed);
  });

  it.each([0o640, 0o604, 0o660])('that others can read (%o) is accepted with a warning', async (mode) => {
    writeFileSync(path, line);
    chmodSync(path, mode);
    expect(await openKeyFile(path, telemetry)).toHaveLength(1);
    expect(lines).toEqual([
      `signing key file can be read by other users ${JSON.stringify({ path, mode: `0${mode.toString(8)}` })}`,
    ]);
  });

  it.each([
    [
      'a broken file',
      () => writeFileSync(path, 'ed25519 0 s3cret'),
      /is not valid: line 1 has a seed that is not 32 bytes/,
    ],
    ['an empty file', () => writeFileSync(path, ''), /is not valid: it contains no key/],
    ['a folder', () => mkdirSync(path), /cannot be read/],
    ['a path that does not exist', () => (path = join(folder, 'no', 'signing.key')), /cannot be created/],
  ])('is refused with path and reason if it is %s', async (_case, prepare, reason) => {
    prepare();
    const refusal = openKeyFile(path, telemetry);
    await expect(refusal).rejects.toThrow(reason);
    await expect(refusal).rejects.toThrow(path);
    await expect(refusal).rejects.not.toThrow('s3cret');
  });

  it('that is broken is not overwritten', async () => {
    writeFileSync(path, 'ed25519 0 AAAA\n');
    await expect(openKeyFile(path, telemetry)).rejects.toThrow('is not valid');
    expect(readFileSync(path, 'utf8')).toBe('ed25519 0 AAAA\n');
  });

  it.each([
    ['one key', line],
    ['line endings of other systems', `\uFEFF\r\n${line}\r\n`],
    ['with comments and blank lines', `# made in spring\n\n  ${line}  \n`],
    ['padded', `${line}=`],
    ['in the other alphabet', line.replaceAll('+', '-')],
    ['64 hex digits, as old Sydents have it', seed.toString('hex').toUpperCase()],
  ])('is read with %s', (_case, text) => {
    expect(parseKeys(text)).toEqual([{ keyId: 'ed25519:0', seed: new Uint8Array(seed) }]);
  });

  it('holds several keys, of which the first signs', () => {
    const old = Buffer.alloc(32, 1).toString('base64');
    expect(parseKeys(`ed25519 a_2 ${old}\n${line}\n`).map(({ keyId }) => keyId)).toEqual(['ed25519:a_2', 'ed25519:0']);
  });

  it.each([
    ['another algorithm', 'curve25519 0 AAAA', 'line 1 is not an ed25519 key'],
    [
      'a version with signs',
      'ed25519 a:b AAAA',
      'line 1 has a version with characters other than letters, digits, _ and -',
    ],
    ['two words', 'ed25519 AAAA', 'line 1 is not "ed25519 <version> <seed in base64>"'],
    ['four words', `${line} x`, 'line 1 is not'],
    ['half of the hex digits', 'ab'.repeat(16), 'line 1 is not'],
    ['a second line that is wrong', `${line}\noops`, 'line 2 is not'],
    ['one version twice', `${line}\n${line}`, 'line 2 has the same version as an earlier key'],
  ])('is not read with %s', (_case, text, reason) => {
    expect(() => parseKeys(text)).toThrow(reason);
  });
});
