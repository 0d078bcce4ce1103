import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAdminToken, readAdminToken } from '../../../../src/app/http/admin/admin-token.js';

describe('the admin token', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-admin-token-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const file = () => join(folder, 'admin-token');

  it('is created at the first start, readable for its owner only, and is not changed later', async () => {
    const token = await openAdminToken(folder);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect([await openAdminToken(folder), await readAdminToken(folder)]).toEqual([token, token]);
  });

  it.each(['', '\n', 'x\n'])(
    'is created again if a full disk left only %j of it, so that an empty token is never accepted',
    async (rest) => {
      await writeFile(file(), rest);
      const token = await openAdminToken(folder);
      expect(token).toHaveLength(43);
      expect(await readFile(file(), 'utf8')).toBe(`${token}\n`);
    },
  );
});
