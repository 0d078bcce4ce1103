import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, readFile, rm, stat } from 'node:fs/promises';
import type { Telemetry } from '../../ports/telemetry.js';
import { fromBase64, toBase64 } from '../../domain/signing/base64.js';
import { KEY_BYTES } from './ed25519.js';
import type { SigningKey } from './ed25519-signer.js';

type SigningKeys = readonly [SigningKey, ...SigningKey[]];

/**
 * Reads the keys of a file. If there is no file, creates one with a new key, readable only by its owner. An existing
 * file is never written.
 *
 * @throws Error with path and reason if it cannot be read, created or parsed
 */
export async function openKeyFile(path: string, telemetry: Telemetry): Promise<SigningKeys> {
  if (await makeKeyFile(path)) telemetry.info('signing key created', { event: 'signing_key_created', path });
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new Error(`the signing key file ${path} cannot be read`, { cause });
  });
  const mode = (await stat(path)).mode & 0o777;
  if (mode & 0o077) {
    const facts = { event: 'signing_key_readable', path, mode: `0${mode.toString(8)}` };
    telemetry.warn('signing key file can be read by other users', facts);
  }
  try {
    return parseKeys(text);
  } catch (cause) {
    throw new Error(`the signing key file ${path} is not valid: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Parses lines of `ed25519 <version> <seed in base64>`; the first key signs. A line of 64 hex digits is the seed of
 * version 0. Blank lines and lines that begin with `#` are ignored.
 *
 * @throws Error with the line number and the problem, without quoting the line
 */
export function parseKeys(text: string): SigningKeys {
  const keys: SigningKey[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    const key = parseKey(words, index + 1);
    if (keys.some(({ keyId }) => keyId === key.keyId)) {
      throw new Error(`line ${index + 1} has the same version as an earlier key`);
    }
    keys.push(key);
  }
  const [first, ...old] = keys;
  if (!first)
    throw new Error('it contains no key: restore a copy of the file, or remove it if Islet was never started');
  return [first, ...old];
}

function parseKey(words: readonly string[], line: number): SigningKey {
  const [algorithm = '', version = '', encoded = ''] = words;
  if (words.length === 1 && /^[0-9a-fA-F]{64}$/.test(algorithm)) {
    return { keyId: 'ed25519:0', seed: new Uint8Array(Buffer.from(algorithm, 'hex')) };
  }
  if (words.length !== 3) throw new Error(`line ${line} is not "ed25519 <version> <seed in base64>"`);
  if (algorithm !== 'ed25519') throw new Error(`line ${line} is not an ed25519 key`);
  // ma1sd has versions with hyphens.
  if (!/^[a-zA-Z0-9_-]+$/.test(version))
    throw new Error(`line ${line} has a version with characters other than letters, digits, _ and -`);
  const seed = fromBase64(encoded);
  if (seed?.length !== KEY_BYTES) throw new Error(`line ${line} has a seed that is not 32 bytes in base64`);
  return { keyId: `ed25519:${version}`, seed };
}

/** @returns whether it was created; `false` if the name already exists */
async function makeKeyFile(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}`;
  try {
    if (existsSync(path)) return false;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(`ed25519 0 ${toBase64(randomBytes(KEY_BYTES))}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path); // atomic, and never overwrites a file
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new Error(`the signing key file ${path} cannot be created`, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}
