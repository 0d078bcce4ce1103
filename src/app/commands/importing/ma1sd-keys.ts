import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ImportError } from '../../../adapters/knex/import/imported-data.js';
import { keyPair } from '../../../adapters/signing/ed25519.js';
import { fromBase64, toBase64 } from '../../../domain/signing/base64.js';
import { chunksOf } from '../../../adapters/knex/chunks.js';

/** The keys of a ma1sd or mxisd. */
export interface Ma1sdKeys {
  /** Its signing keys as the content of an Islet key file, the current one first. */
  readonly keyFile: string;
  /** The public halves of its ephemeral keys. Their private halves are in the mails of invitations. */
  readonly ephemeralKeys: readonly string[];
  /** One line for each file that is no key. */
  readonly notes: readonly string[];
}

interface StoredKey {
  readonly serial: string;
  readonly seed: Uint8Array;
  readonly isValid: boolean;
}

const LONGEST_FILE = 65_536;
const FILES_AT_ONCE = 50;

/**
 * Reads the key store: a folder with JSON files, or a file with one key, as mxisd before version 1.3 had it.
 *
 * @throws ImportError if there is no signing key in it
 */
export async function readMa1sdKeys(path: string): Promise<Ma1sdKeys> {
  if (!existsSync(path)) throw new ImportError(`${path} does not exist: name the key store of ma1sd with --keys`);
  if (!(await stat(path)).isDirectory()) return oldKey(path);
  const notes: string[] = [];
  const regular = await readKeys(join(path, 'regular', 'ed25519'), notes);
  const current = await currentSerial(join(path, 'current'), notes);
  const usable = regular.filter(({ isValid, serial }) => isValid || serial === current);
  for (const { serial } of regular.filter((key) => !usable.includes(key))) {
    notes.push(`the key ${serial} is disabled, and left out`);
  }
  const [first] = usable.filter(({ serial }) => serial === current).concat(usable);
  if (!first) throw new ImportError(`${path} holds no signing key: rooms and mails of the past rely on it`);
  const ordered = [first, ...usable.filter((key) => key !== first)];
  const ephemeral = await readKeys(join(path, 'ephemeral', 'ed25519'), notes);
  return {
    keyFile: ordered.map(({ serial, seed }) => `ed25519 ${serial} ${toBase64(seed)}\n`).join(''),
    ephemeralKeys: ephemeral.map(({ seed }) => toBase64(keyPair(seed).publicKey)),
    notes,
  };
}

async function oldKey(path: string): Promise<Ma1sdKeys> {
  const [line = ''] = (await readFile(path, 'utf8')).split(/\r?\n/).filter((text) => text.trim() !== '');
  const seed = fromBase64(line.trim());
  if (seed?.length !== 32) throw new ImportError(`${path} holds no key of mxisd`);
  return { keyFile: `ed25519 0 ${toBase64(seed)}\n`, ephemeralKeys: [], notes: [] };
}

async function currentSerial(file: string, notes: string[]): Promise<string | undefined> {
  const serial = (await readJson(file))?.['serial'];
  if (typeof serial === 'string') return serial;
  notes.push(`${file} names no key: the first one of the store signs`);
  return undefined;
}

async function readKeys(folder: string, notes: string[]): Promise<readonly StoredKey[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).toSorted();
  const keys: StoredKey[] = [];
  for (const chunk of chunksOf(names, FILES_AT_ONCE)) {
    keys.push(
      ...(await Promise.all(chunk.map((serial) => readKey(folder, serial, notes)))).flatMap((key) => key ?? []),
    );
  }
  return keys;
}

async function readKey(folder: string, serial: string, notes: string[]): Promise<StoredKey | undefined> {
  const json = await readJson(join(folder, serial));
  const seed = typeof json?.['key'] === 'string' ? fromBase64(json['key']) : undefined;
  if (seed?.length === 32 && /^[\w-]{1,200}$/.test(serial)) {
    return { serial, seed, isValid: (json?.['is_valid'] ?? json?.['isValid']) !== false };
  }
  notes.push(`${join(folder, serial)} is no key, and left out`);
  return undefined;
}

async function readJson(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const found = await lstat(file);
    if (!found.isFile() || found.size > LONGEST_FILE) return undefined;
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
