import { readFile, stat } from 'node:fs/promises';
import type { Installation, KnexInstallationStore } from '../../adapters/knex/installation-store.js';
import { Ed25519Signer } from '../../adapters/signing/ed25519-signer.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import type { VerifyKey } from '../../ports/signer.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { Config } from '../config/config.js';
import {
  type InstallationRecord,
  installationFile,
  readInstallationFile,
  writeInstallationFile,
} from './installation-file.js';

/** Data folder, database and signing key do not belong together. The message contains the fix. */
export class InstallationError extends Error {
  override readonly name = 'InstallationError';

  constructor(
    readonly code: 'database_empty' | 'database_foreign' | 'key_missing' | 'key_foreign',
    message: string,
  ) {
    super(message);
  }
}

type Places = Pick<Config, 'dataDir' | 'database' | 'signing' | 'server' | 'sources'>;

/**
 * Checks that the data folder, the database and the signing key belong together. An installation is one database with
 * its signing key. Its id is in the table `installation` of the database. It is also in `installation.json` of each
 * data folder that was ever started with it, together with the id and the public half of the signing key.
 *
 * To copy an installation: a copy of the database, of the key file and of `installation.json` fits together in any
 * place. If only the database and the key are copied into a folder without `installation.json`, the next start writes
 * it. If the folder has the `installation.json` of another installation, remove it first: this confirms that a
 * different database is intended.
 */
export class InstallationCheck {
  private record: InstallationRecord | undefined;

  private constructor(private readonly config: Places) {}

  /**
   * Runs before the database is opened, because opening would create the file.
   *
   * @throws InstallationError `database_empty` if the file is missing or empty although the folder was used with it
   */
  static async begin(config: Places): Promise<InstallationCheck> {
    const check = new InstallationCheck(config);
    check.record = await readInstallationFile(config.dataDir);
    const { database } = config;
    if (check.record && database.kind === 'sqlite' && check.record.database === placeOf(config)) {
      const size = await stat(database.file).then(
        (found) => found.size,
        () => 0,
      );
      if (size === 0) throw check.emptyDatabase();
    }
    return check;
  }

  /**
   * Runs after the database is opened and before a key is created.
   *
   * @throws InstallationError if the database is empty, or of another installation, although the folder was used; and
   *   if the key is missing, or a different one has the same id, although the database was used
   */
  async compare(store: KnexInstallationStore): Promise<void> {
    const [installation, isUsed] = [await store.get(), await store.isUsed()];
    if (this.record && !isUsed && !isInMemory(this.config)) throw this.emptyDatabase();
    if (this.record && installation && this.record.id !== installation.id) {
      throw new InstallationError(
        'database_foreign',
        `${this.config.dataDir} was used with the database ${this.record.database} (installation ${this.record.id}), but ` +
          `${placeOf(this.config)} belongs to another installation (${installation.id}): check dataDir and database. If ` +
          `this database is correct, remove ${installationFile(this.config.dataDir)}`,
      );
    }
    await this.compareKey(installation ?? this.record, isUsed);
  }

  /**
   * Runs after the key is opened: logs the changes since the last start, and stores the current state.
   *
   * @param key the signing key
   */
  async remember(
    store: KnexInstallationStore,
    key: VerifyKey,
    keys: readonly VerifyKey[],
    telemetry: Telemetry,
  ): Promise<void> {
    const { dataDir, server, sources } = this.config;
    const before = await store.get();
    if (before) logChanges(before, server.name, keys, telemetry);
    await warnOfForgottenMirrors(
      store,
      sources.map(({ name }) => name),
      telemetry,
    );
    const { keyId, publicKey } = key;
    if (before?.serverName !== server.name || before.keyId !== keyId || before.publicKey !== publicKey) {
      await store.save({ serverName: server.name, keyId, publicKey });
    }
    const id = (await store.get())?.id;
    if (id === undefined || isInMemory(this.config)) return;
    const record = { id, database: placeOf(this.config), keyId, publicKey };
    if (JSON.stringify(record) !== JSON.stringify(this.record)) await writeInstallationFile(dataDir, record);
  }

  private async compareKey(
    known: Pick<Installation, 'keyId' | 'publicKey'> | undefined,
    isUsed: boolean,
  ): Promise<void> {
    const { keyFile } = this.config.signing;
    const text = await readFile(keyFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw new Error(`the signing key file ${keyFile} cannot be read`, { cause: error });
    });
    const used = `the database ${placeOf(this.config)} was used with ${known ? `the key ${known.keyId}` : 'a key'}`;
    if (text.trim() === '') {
      if (!isUsed || isInMemory(this.config)) return;
      throw new InstallationError(
        'key_missing',
        `the signing key file ${keyFile} ${text === '' ? 'is missing or empty' : 'is empty'}, and ${used}: ${adviceFor(keyFile, known?.keyId)}`,
      );
    }
    if (!known) return;
    const current = publicKeysIn(text).find(({ keyId }) => keyId === known.keyId);
    if (current === undefined || current.publicKey === known.publicKey) return;
    throw new InstallationError(
      'key_foreign',
      `the signing key file ${keyFile} contains a different key ${known.keyId} than before, when ${used.replace(' was used', ' was last used')}: ${adviceFor(keyFile, known.keyId)}`,
    );
  }

  private emptyDatabase(): InstallationError {
    const { dataDir } = this.config;
    return new InstallationError(
      'database_empty',
      `the database ${placeOf(this.config)} is missing or empty, and ${dataDir} was used with one (installation ` +
        `${this.record?.id}, ${this.record?.database}): restore the database or a backup. To start again without ` +
        `its data, remove ${installationFile(dataDir)}`,
    );
  }
}

/** The location of the database, without its password. */
function placeOf({ database }: Places): string {
  if (database.kind === 'sqlite') return database.file;
  const { host, pathname } = new URL(database.url);
  return `${pathname.slice(1)} at ${host}`;
}

const isInMemory = ({ database }: Places): boolean => database.kind === 'sqlite' && database.file === ':memory:';

const publicKeysIn = (text: string): readonly VerifyKey[] => new Ed25519Signer('any', parseKeys(text)).keys;

function adviceFor(keyFile: string, keyId = 'ed25519:0'): string {
  const next = Number(/:(\d+)$/.exec(keyId)?.[1] ?? 0) + 1;
  return (
    'restore a copy of the key file. If the key is lost, create a new key with another version; signatures of the lost key ' +
    `can then no longer be verified: (umask 077; echo "ed25519 ${next} $(openssl rand -base64 32)" > ${keyFile})`
  );
}

function logChanges(before: Installation, serverName: string, keys: readonly VerifyKey[], telemetry: Telemetry): void {
  if (before.serverName !== serverName) {
    telemetry.warn(
      `server.name was ${before.serverName} and is now ${serverName}: clients that use the old name expect it in ` +
        'signatures, and homeservers send unbind requests to the old name; add the old name to server.otherNames',
      { event: 'server_name_changed', before: before.serverName, now: serverName },
    );
  }
  if (!keys.some(({ publicKey }) => publicKey === before.publicKey)) {
    telemetry.warn(
      `the key ${before.keyId}, which signed until now, is missing in the key file: its signatures cannot be ` +
        'verified, including those for pending invitations; keep it in the file below the new key',
      { event: 'signing_key_gone', before: before.keyId },
    );
  }
}

async function warnOfForgottenMirrors(
  store: KnexInstallationStore,
  sources: readonly string[],
  telemetry: Telemetry,
): Promise<void> {
  for (const source of await store.mirrors()) {
    if (sources.includes(source)) continue;
    telemetry.warn(
      `there is no source ${source} any more, but the copy of its people (personal data) is still stored: if it was ` +
        `renamed or removed for good, remove the copy with \`islet sync ${source} --forget\``,
      { event: 'mirror_without_source', source },
    );
  }
}
