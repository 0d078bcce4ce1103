import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { found, NOTICED_MS, readyOf, startWithPeople } from '../support/ready.js';
import { smallDisk } from '../support/small-disk.js';

const disk = await smallDisk(16);

let homeserver: HomeserverStandIn;
beforeAll(async () => void (homeserver = await startHomeserver('example.org')));
afterAll(async () => {
  await homeserver?.close();
  await disk?.remove();
});

describe.concurrent('an SQLite file', () => {
  it('that is removed while the server runs is noticed within seconds: Islet accepts nothing until the file is put back', async () => {
    const { islet, client } = await startWithPeople(homeserver.url, {});
    const file = join(islet.folder, 'data', 'islet.db');
    try {
      await rename(file, `${file}.away`);
      await islet.logged('was deleted while the server was running', NOTICED_MS);
      expect(await readyOf(islet)).toMatchObject({ status: 503, checks: { database: false } });
      expect(await new IdentityClient(islet.url).register('example.org', 'token-of-bob')).toMatchObject({
        status: 503,
      });
      expect(await client.findHashed(['alice@example.org'])).toEqual(found);

      await rename(`${file}.away`, file);
      await eventually(async () => (await readyOf(islet)).status === 200, NOTICED_MS);
      expect((await new IdentityClient(islet.url).register('example.org', 'token-of-bob')).status).toBe(200);

      await rm(file);
      await islet.logged(/database_unavailable[^]*database_unavailable/, NOTICED_MS);
      await islet.stop();
      // And it does not create an empty database by itself.
      await expect(islet.restart()).rejects.toThrow('is missing or empty');
    } finally {
      await islet.remove();
    }
  });

  it.skipIf(!disk)(
    'on a full disk makes Islet refuse writes, with the reason in readiness and log, until there is space; nothing that was answered is lost',
    async () => {
      if (!disk) return;
      const { islet, client } = await startWithPeople(homeserver.url, {
        database: { file: join(disk.folder, 'islet.db') },
        accessTokens: { perUser: false },
        limits: { signIn: { perHomeserver: false, perClient: false } },
      });
      const bob = new IdentityClient(islet.url);
      const answered: string[] = [];
      const register = async () => {
        const { status, body } = await bob.register('example.org', 'token-of-bob');
        if (status === 200) answered.push(String(body['token']));
        return status;
      };
      try {
        expect(await register()).toBe(200);
        await disk.fill();
        await eventually(async () => (await readyOf(islet)).status === 503, NOTICED_MS);
        expect((await readyOf(islet)).checks.databaseFailure).toContain('its disk is full');
        await islet.logged('its disk is full');
        // The write-ahead log has some free space of its own.
        const many = () => Promise.all(Array.from({ length: 50 }, register));
        await eventually(async () => (await many()).includes(503));
        expect(await client.findHashed(['alice@example.org'])).toEqual(found);
        expect((await client.get('/v2/account')).status).toBe(200);

        await disk.makeRoom();
        await eventually(async () => (await readyOf(islet)).status === 200, NOTICED_MS);
        await islet.logged('database_available');
        expect(await register()).toBe(200);
        await islet.stop('SIGKILL');
        await islet.restart();
        for (const token of answered.slice(-50)) {
          bob.useToken(token);
          expect((await bob.get('/v2/account')).status).toBe(200);
        }
      } finally {
        await islet.remove();
      }
    },
  );
});
