import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readMa1sd } from '../../../src/adapters/knex/import/ma1sd-database.js';
import { readSynapse } from '../../../src/adapters/knex/import/synapse-database.js';
import { movingFile } from '../../support/moving/databases.js';
import { freshDatabase, onServer } from '../../support/postgres-server.js';
import { sharedPostgres } from '../../support/services.js';

const postgres = await sharedPostgres();
const now = 1_900_000_100_000;

describe('a PostgreSQL database of another program', () => {
  it('is read like a file: that of Synapse, and that of ma1sd with its column types', async () => {
    const { url } = await freshDatabase(postgres.url);
    await onServer(url, await readFile(movingFile('synapse.sql'), 'utf8'));
    const { bindings, leftOut } = await readSynapse(url, { now, homeserver: 'example.org' });
    expect(bindings.map(({ threepid }) => threepid.address).toSorted()).toEqual([
      '447700900123',
      'alice@example.com',
      'bob@example.com',
      'old@example.com',
    ]);
    expect(leftOut).toHaveLength(6);

    await onServer(
      url,
      `create table invite_3pid (id text primary key, token text not null, sender text, medium text, address text, "roomId" text, properties text);
       insert into invite_3pid values ('a', 'token', '@alice:example.org', 'email', 'erin@example.com', '!one:example.org', null);
       create table invite_3pid_history (like invite_3pid, "resolvedTo" text, "resolvedAt" bigint, "couldPublish" boolean, "publishAttempts" bigint);
       insert into invite_3pid_history values ('b', 'done', '@alice:example.org', 'email', 'f@example.com', '!one:example.org', null, '@f:example.org', ${now}, true, 1);`,
    );
    const { invites } = await readMa1sd(url, { keyIds: ['ed25519:0'], ephemeralKeys: [], now });
    expect(invites.map(({ token, confirmedAt }) => [token, confirmedAt])).toEqual([
      ['token', undefined],
      ['done', now],
    ]);
    await expect(readMa1sd(`${url}_none`, { keyIds: ['ed25519:0'], ephemeralKeys: [], now })).rejects.toThrow(
      'cannot be read',
    );
  });
});
