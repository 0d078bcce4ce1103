import { mkdir } from 'node:fs/promises';
import type { Container } from 'inversify';
import type { Knex } from 'knex';
import { CompactHashIndex } from '../../adapters/hash-index/compact-hash-index.js';
import { indexModule } from '../../adapters/hash-index/module.js';
import { type DatabaseOptions, openDatabase } from '../../adapters/knex/database.js';
import { KnexInstallationStore } from '../../adapters/knex/installation-store.js';
import { matrixModule } from '../../adapters/matrix/module.js';
import { messagingModule } from '../../adapters/messaging/module.js';
import type { SmsGateway } from '../../adapters/messaging/sms/gateway.js';
import { Templates } from '../../adapters/messaging/templates.js';
import { AxiosHttpClient } from '../../adapters/outbound/axios-http-client.js';
import { CompactNameIndex } from '../../adapters/name-index/compact-name-index.js';
import { nameIndexModule } from '../../adapters/name-index/module.js';
import { outboundModule } from '../../adapters/outbound/module.js';
import { DerivedSecretBox } from '../../adapters/signing/derived-secret-box.js';
import { Ed25519Signer } from '../../adapters/signing/ed25519-signer.js';
import { openKeyFile } from '../../adapters/signing/key-file.js';
import { signingModule } from '../../adapters/signing/module.js';
import { systemModule } from '../../adapters/system/module.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import type { TermsDirectory } from '../../adapters/terms/terms-directory.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { InstallationCheck } from '../installation/installation-check.js';
import type { ConfiguredSource } from './configured-source.js';
import type { Config } from '../config/config.js';
import { buildContainer, servicesOf } from './container.js';
import { domainOptions } from './domain-options.js';
import { storesModule } from './stores-module.js';
import { copyDatabase } from '../../adapters/knex/backup.js';
import { knexStores } from '../../adapters/knex/stores.js';
import { openMail, openSms } from './open-senders.js';
import { warnIfSlow } from './slow-opening.js';
import type { Services } from './services.js';
import { closeSources, openSources } from './open-sources.js';
import { openHomeservers, OpenSecrets } from './open-secrets.js';
import { openTerms } from './open-terms.js';

/** The application without its listeners. */
export interface App {
  readonly services: Services;
  readonly configuredSources: readonly ConfiguredSource[];
  readonly templates: Templates;
  readonly documents: TermsDirectory['documents'];
  readonly container: Container;
  readonly db: Knex;
  /** The services that send text messages. */
  readonly gateways: readonly SmsGateway[];
  /** Copies the database into a new file while it is in use; absent if the database has its own backup tools. */
  readonly copyDatabase?: (file: string) => Promise<void>;
  /**
   * Encrypts (seals) secrets that older versions stored unencrypted. Instances of these versions cannot find them
   * afterwards.
   */
  sealStored(): Promise<void>;
  /** Fills in data that older versions did not store and do not need. */
  fillStored(): Promise<void>;
  /** Rereads secret files, and retries secrets that were refused. */
  reloadSecrets(): void;
  /** Closes everything in reverse order. */
  close(): Promise<void>;
}

/**
 * Opens the database, the keys and the sources, and builds all services. It starts no listeners and no schedules.
 *
 * @throws an error that names what could not be opened and why
 */
export async function openApp(config: Config, telemetry: Telemetry): Promise<App> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new Error(`dataDir: ${config.dataDir} cannot be created, or is not a folder`, { cause });
  });
  const clock = new SystemClock();
  const templates = new Templates({ ...config.templates, serverName: config.server.name });
  const check = await InstallationCheck.begin(config);
  const terms = await openTerms(config);
  const http = new AxiosHttpClient(config.federation.allow, config.federation.nat64);
  const secrets = new OpenSecrets(telemetry);
  const configuredSources = await openSources(config, http, telemetry, secrets);
  const discarded = () =>
    telemetry.warn(
      'the local copies of the directories were damaged and are discarded; the directories are read again',
      {
        event: 'mirrors_discarded',
      },
    );
  const db = await warnIfSlow(telemetry, (begin) =>
    openDatabase(databaseOptions(config, secrets), { begin, discarded }),
  ).catch(async (error: unknown) => {
    await closeSources(configuredSources);
    throw error;
  });
  const { signer, box } = await openKeys(config, check, db, telemetry).catch(async (error: unknown) => {
    await closeSources(configuredSources);
    await db.destroy();
    throw error;
  });
  const stores = knexStores(db, clock, box);
  const mail = await openMail(config, templates, secrets);
  const sms = await openSms(config, http, secrets);
  const index = new CompactHashIndex();
  const names = new CompactNameIndex();
  const container = buildContainer(
    configuredSources,
    domainOptions(config, terms.policies),
    systemModule(telemetry),
    signingModule(signer),
    storesModule(stores),
    indexModule(index),
    outboundModule(http),
    nameIndexModule(names),
    matrixModule({
      homeservers: openHomeservers(config, secrets),
      allow: config.federation.allowedServers,
      userDirectory: config.search && { ...config.search.homeserver, timeLimitMs: config.search.timeLimitMs },
    }),
    messagingModule({ mail, sms }, templates),
  );
  return {
    services: servicesOf(container),
    configuredSources,
    templates,
    documents: terms.documents,
    container,
    db,
    gateways: sms?.gateways ?? [],
    ...(config.database.kind === 'sqlite' && { copyDatabase: (file: string) => copyDatabase(db, file) }),
    sealStored: () => stores.invites.sealAll(),
    fillStored: () => stores.associations.fillMailboxes(),
    reloadSecrets: () => secrets.renewAll(),
    close: async () => {
      mail?.close();
      for (const gateway of sms?.gateways ?? []) await gateway.close?.();
      await closeSources(configuredSources);
      await index.close();
      await names.close();
      await stores.limits.close().catch(() => undefined); // the rest of the reserved amounts then counts as used
      await db.destroy();
    },
  };
}

/** The key is created last: if it is missing although the database was used, this is an error and not a first start. */
export async function openKeys(config: Config, check: InstallationCheck, db: Knex, telemetry: Telemetry) {
  const store = new KnexInstallationStore(db);
  await check.compare(store);
  const keys = await openKeyFile(config.signing.keyFile, telemetry);
  const signer = new Ed25519Signer(config.server.name, keys);
  await check.remember(store, signer.keys[0], signer.keys, telemetry);
  return { signer, box: new DerivedSecretBox(keys) };
}

/** The database of the configuration. */
export function databaseOptions({ database }: Config, secrets = new OpenSecrets()): DatabaseOptions {
  return database.kind === 'sqlite'
    ? { client: 'sqlite3', file: database.file }
    : { ...database, client: 'pg', password: secrets.openOptional(database.password) };
}
