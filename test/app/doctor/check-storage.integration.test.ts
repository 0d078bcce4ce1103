import { expect, it } from 'vitest';
import type { Config } from '../../../src/app/config/config.js';
import { databaseCheck } from '../../../src/app/doctor/check-storage.js';
import { freshDatabase, onServer } from '../../support/postgres-server.js';
import { sharedPostgres } from '../../support/services.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';

const postgres = await sharedPostgres();

const check = async (url: string) => {
  const { config } = loadFromEtc(`database: { url: '${url}' }`);
  const [result] = await databaseCheck(config as Config)();
  return result;
};

it('the doctor prints the commands for a database user that may not create tables, without its password', async () => {
  const { url } = await freshDatabase(postgres.url);
  const role = 'islet_without_rights';
  await onServer(postgres.url, `drop role if exists ${role}`).catch(() => undefined);
  await onServer(postgres.url, `create role ${role} login`);
  await onServer(url, 'revoke create on schema public from public');
  const guest = new URL(url);
  guest.username = role;
  const refused = await check(guest.href);
  expect(refused).toMatchObject({
    state: 'failure',
    words: expect.stringMatching(
      /may not create tables .*: grant usage, create on schema public to islet_without_rights$/,
    ),
  });
  expect(refused).not.toHaveProperty('fix');

  await onServer(url, `grant usage, create on schema public to ${role}`);
  expect(await check(guest.href)).toMatchObject({ state: 'ok', words: expect.stringContaining('has no tables yet') });
  guest.port = '1';
  expect(await check(guest.href)).toMatchObject({ state: 'failure', fix: 'check database.url and its password' });
});
