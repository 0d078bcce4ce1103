import { afterEach, describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEntry } from '../../src/ports/audit-log.js';
import { eventually } from '../support/eventually.js';
import { type RunningIslet, startIslet } from '../support/islet.js';

describe('bindings and invitations on the command line', () => {
  let running: RunningIslet | undefined;
  afterEach(() => running?.remove());

  it('do the same with and without a running server, and are logged in both cases', async () => {
    const islet = await startIslet({ server: { name: 'id.example.org' } });
    running = islet;
    const command = (...args: string[]) => islet.command(...args);
    const alice = '@alice:example.org';
    const bound = async () => JSON.parse((await command('bindings', '--json')).stdout) as { mxid: string }[];

    expect(await command('bind', 'alice@example.com', alice)).toMatchObject({ code: 0, stderr: '' });
    expect(await bound()).toMatchObject([{ mxid: alice, threepid: { address: 'alice@example.com' } }]);
    expect((await command('bindings', alice)).stdout).toContain('alice@example.com');
    await islet.logged('address bound by an operator');
    expect(await command('bind', 'alice@example.com', 'alice')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The Matrix user ID is not valid'),
    });

    expect(await command('tokens', '--json')).toMatchObject({ code: 1, stdout: '[]\n' });

    await islet.stop();
    expect(await bound()).toMatchObject([{ mxid: alice }]);
    const unbind = () => command('unbind', 'alice@example.com', alice);
    const unbound = await unbind();
    expect(unbound).toMatchObject({ code: 0, stderr: expect.stringContaining('address unbound by an operator') });
    expect(unbound.stderr).not.toContain('alice@example.com');
    expect(await unbind()).toMatchObject({ code: 1, stdout: expect.stringContaining('is not bound to') });
    expect(await bound()).toEqual([]);

    expect(await command('tokens', alice)).toMatchObject({ code: 1, stdout: 'There are no access tokens.\n' });
    expect(await command('tokens', 'end', alice)).toMatchObject({
      code: 1,
      stdout: `${alice} has no access tokens.\n`,
    });
    expect(await command('invites')).toMatchObject({ code: 0, stdout: 'There are no invitations.\n' });
    expect(await command('invites', 'list', '--json')).toMatchObject({ code: 0, stdout: '[]\n' });
    expect(await command('invites', 'revoke', 'none')).toMatchObject({
      code: 1,
      stdout: 'No invitation has this token.\n',
    });
  });

  it('have entries in the audit trail for everything that was done, also after the process was killed', async () => {
    const islet = await startIslet({ server: { name: 'id.example.org' }, audit: { file: 'audit.log' } });
    running = islet;
    for (const name of ['alice', 'bob'])
      expect(await islet.command('bind', 'a@example.com', `@${name}:example.org`)).toMatchObject({ code: 0 });
    await islet.stop('SIGKILL');
    await islet.restart();
    const read = async (...args: string[]) =>
      (JSON.parse((await islet.command('audit', ...args, '--json')).stdout) as AuditEntry[]).map(
        ({ action, mxid }) => `${action} ${mxid}`,
      );
    const changes = ['bound @alice:example.org', 'unbound @alice:example.org', 'bound @bob:example.org'];
    expect(await read('a@example.com')).toEqual(changes);
    expect(await read('@bob:example.org')).toEqual(changes.slice(2));
    expect((await islet.command('audit', '--since', '1h')).stdout).toMatch(/bound @alice:example\.org .* by operator /);
    const file = await eventually(async () => {
      const text = await readFile(join(islet.folder, 'audit.log'), 'utf8');
      return text.includes('"@bob:example.org"') && text;
    });
    const entries = file
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEntry);
    const bySeq = new Map(entries.map((entry) => [entry.seq, `${entry.action} ${entry.mxid}`]));
    expect([...bySeq.values()]).toEqual(changes);
    expect(file).not.toContain('a@example.com');
  });
});
