import { mkdir } from 'node:fs/promises';
import type { Container } from 'inversify';
import type { Knex } from 'knex';
import { CompactHashIndex } from '../adapters/index/compact-hash-index.js';
import { indexModule } from '../adapters/index/module.js';
import { type DatabaseOptions, openDatabase } from '../adapters/knex/database.js';
import { knexModule } from '../adapters/knex/module.js';
import { matrixModule } from '../adapters/matrix/module.js';
import { messagingModule } from '../adapters/messaging/module.js';
import { Templates } from '../adapters/messaging/templates.js';
import { AxiosHttpClient } from '../adapters/outbound/axios-http-client.js';
import { outboundModule } from '../adapters/outbound/module.js';
import { Ed25519Signer } from '../adapters/signing/ed25519-signer.js';
import { openKeyFile } from '../adapters/signing/key-file.js';
import { signingModule } from '../adapters/signing/module.js';
import { systemModule } from '../adapters/system/module.js';
import { SystemClock } from '../adapters/system/system-clock.js';
import type { TermsDirectory } from '../adapters/terms/terms-directory.js';
import { Accounts } from '../domain/accounts.js';
import { Bindings } from '../domain/bindings.js';
import { Invites } from '../domain/invites.js';
import { Leavers } from '../domain/leavers.js';
import { Lookups } from '../domain/lookups.js';
import { Mirrors } from '../domain/mirrors.js';
import { Operations } from '../domain/operations.js';
import { Quotas } from '../domain/quotas.js';
import { RequestAuth } from '../domain/request-auth.js';
import { Sessions } from '../domain/sessions.js';
import { Terms } from '../domain/terms.js';
import { Signer } from '../ports/signer.js';
import { Telemetry } from '../ports/telemetry.js';
import type { Stage } from './chain.js';
import type { Config } from './config.js';
import { buildContainer } from './container.js';
import { domainOptions } from './options.js';
import { openMail, openSms } from './senders.js';
import type { Services } from './services.js';
import { closeStages, openStages } from './sources.js';
import { openTerms } from './terms.js';
import { syncing } from './syncs.js';

/** The whole house, its doors still closed. */
export interface OpenHouse {
  readonly services: Services;
  readonly stages: readonly Stage[];
  readonly templates: Templates;
  readonly documents: TermsDirectory['documents'];
  readonly container: Container;
  readonly db: Knex;
  /** Ends what was opened, in reverse. */
  close(): Promise<void>;
}

/**
 * Opens the database, the keys and the sources, and builds every service on them. Nothing listens
 * and nothing is scheduled yet.
 *
 * @throws an error that names what could not be opened and why
 */
export async function openHouse(config: Config, telemetry: Telemetry): Promise<OpenHouse> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new Error(`dataDir: ${config.dataDir} cannot be made, or is no folder`, { cause });
  });
  const clock = new SystemClock();
  const templates = new Templates({ ...config.templates, serverName: config.server.name });
  const signer = new Ed25519Signer(config.server.name, await openKeyFile(config.signing.keyFile, telemetry));
  const terms = await openTerms(config);
  const http = new AxiosHttpClient(config.federation.allow);
  const stages = await openStages(config, http, telemetry);
  const db = await openDatabase(databaseOptions(config)).catch(async (error: unknown) => {
    await closeStages(stages);
    throw error;
  });
  const index = new CompactHashIndex();
  const mail = openMail(config, templates);
  const sms = openSms(config, http);
  const container = buildContainer(
    stages,
    domainOptions(config, terms.policies),
    systemModule(telemetry),
    signingModule(signer),
    knexModule(db, clock),
    indexModule(index),
    outboundModule(http),
    matrixModule({ homeservers: config.homeservers, allow: config.federation.allowedServers }),
    messagingModule({ mail, sms }, templates),
  );
  return {
    services: servicesOf(container),
    stages,
    templates,
    documents: terms.documents,
    container,
    db,
    close: async () => {
      mail?.close();
      for (const gateway of sms?.gateways ?? []) await gateway.close?.();
      await closeStages(stages);
      await index.close();
      await db.destroy();
    },
  };
}

/** Every service at once: what is wired wrongly fails at the start and not at noon. */
function servicesOf(container: Container): Services {
  const [mirrors, invites] = [container.get(Mirrors), container.get(Invites)];
  return {
    mirrors,
    invites,
    sync: syncing(mirrors, invites, container.get(Leavers)),
    accounts: container.get(Accounts),
    terms: container.get(Terms),
    requestAuth: container.get(RequestAuth),
    sessions: container.get(Sessions),
    lookups: container.get(Lookups),
    bindings: container.get(Bindings),
    operations: container.get(Operations),
    quotas: container.get(Quotas),
    signer: container.get(Signer),
    telemetry: container.get(Telemetry),
  };
}

/** Which database the configuration names. */
export function databaseOptions({ database }: Config): DatabaseOptions {
  return database.kind === 'sqlite'
    ? { client: 'sqlite3', file: database.file }
    : { client: 'pg', url: database.url, password: database.password?.value };
}
