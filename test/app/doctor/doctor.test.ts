import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctorText, showDiagnoses } from '../../../src/app/commands/doctor.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';
import { area, type CheckResult, withinLimit, withTime } from '../../../src/app/doctor/check-result.js';
import { runChecks, runCheck } from '../../../src/app/doctor/doctor.js';
import { readinessOf, serverDiagnoses } from '../../../src/app/doctor/check-public-url.js';
import { readableByOthers, freeSpaceResults } from '../../../src/app/doctor/check-storage.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { startStandIn } from '../../support/stand-in.js';

const mail = area('mail');
const directory = area('directory staff');
const all: readonly CheckResult[] = [
  directory.ok('ldaps://dc1: bound'),
  directory.warning('skipped in 2 of them: no name'),
  mail.failure('mail server mx:25:\nthe  connection is refused', 'open the port'),
  mail.skipped('not tried'),
];

describe('the report of the doctor', () => {
  it('has one line for each check, the remedy below it, and a total', () => {
    expect(doctorText(all, plainStyle)).toBe(
      [
        '✓ directory staff  ldaps://dc1: bound',
        '! directory staff  skipped in 2 of them: no name',
        '✗ mail             mail server mx:25: the connection is refused',
        '                   → open the port',
        '- mail             not tried',
        '',
        '1 failed, 1 with warnings, 1 ok',
      ].join('\n'),
    );
  });

  it.each([
    ['something failed', all, 1],
    ['nothing failed', all.filter(({ state }) => state !== 'failure'), 0],
  ])('determines the exit code if %s, also as JSON', (_case, diagnoses, code) => {
    const printed: string[] = [];
    const print = (text: string) => void printed.push(text);
    expect(showDiagnoses(diagnoses, { isJson: true, style: plainStyle, print })).toBe(code);
    expect(JSON.parse(printed.join(''))).toEqual({ isFine: code === 0, diagnoses });
  });
});

describe('a check of the disk', () => {
  it.each([
    [0.2, [['failure', 'the disk of /var/lib/islet has 0 MB left']]],
    [99.9, [['warning', 'the disk of /var/lib/islet has 99 MB left']]],
    [100, []],
  ])('reports %d MB of free space', (mb, expected) => {
    expect(freeSpaceResults('/var/lib/islet', mb).map(({ state, words }) => [state, words])).toEqual(expected);
  });
});

describe('a check', () => {
  it('that throws fails with its message and those of its causes', async () => {
    const error = new Error('could not be opened', { cause: new Error('no such file') });
    expect(await withinLimit(1_000, 'files', () => Promise.reject(error))).toEqual([
      area('files').failure('could not be opened: no such file'),
    ]);
  });

  it('that works but is slow is a warning with its time; one that fails is not reported as slow', () => {
    const { ok, failure } = area('mail');
    expect(withTime(ok('mx:25, TLS starttls'), 210)).toEqual({ ...ok('mx:25, TLS starttls'), tookMs: 210 });
    expect(withTime(ok('mx:25, TLS starttls'), 4_210)).toMatchObject({
      state: 'warning',
      words: 'mx:25, TLS starttls, but slowly: it took 4.2 s',
      fix: expect.stringContaining('the line to it'),
      tookMs: 4_210,
    });
    expect(withTime(failure('no answer within 10 s'), 10_000)).toMatchObject({ state: 'failure' });
  });

  it('never ends its message with a colon', () => {
    expect(mail.failure("is not in the cert's list: ", 'see: ')).toMatchObject({
      words: "is not in the cert's list",
      fix: 'see',
    });
  });

  it('that does not end is stopped at its limit', async () => {
    expect(await withinLimit(1, 'mail', () => new Promise(() => undefined))).toEqual([
      mail.failure('no answer within 0.001 s'),
    ]);
  });
});

describe('an invalid configuration', () => {
  it('is the only thing that is reported', async () => {
    const examination = () => runChecks(loadFromEtc('listen: { prot: 80 }'), new RecordingTelemetry());
    expect(await runCheck(examination)).toEqual([
      area('configuration').failure('listen.prot: unknown key, line 1', 'did you mean "port"?'),
    ]);
  });
});

describe('a running server', () => {
  it.each([
    ['a page', '<!DOCTYPE html>'],
    ['other JSON', '{"status":"UP"}'],
  ])(
    'is distinguished from another program that answers %s on its port, and from a closed port',
    async (_case, body) => {
      const other = await startStandIn((_request, response) => response.end(body));
      const { config } = loadFromEtc(`admin: { port: ${other.port} }`);
      const readiness = () => readinessOf(config, new AxiosHttpClient());
      await expect(readiness()).rejects.toThrow('does not answer like Islet');
      await other.close();
      expect(await readiness()).toBeUndefined();
    },
  );

  it('reports its own problems', () => {
    const mirrors = { staff: { ok: true, entries: 5 }, guests: { ok: false, entries: 0, failure: 'no route' } };
    const checks = {
      database: false,
      databaseFailure: 'the disk is full',
      pepper: false,
      mirrors,
      accounts: { failures: { 'example.org': 'timeout' } },
    };
    expect(serverDiagnoses({ ok: false, checks }).map(({ state, words }) => `${state}: ${words}`)).toEqual([
      'failure: is running, but not ready',
      'failure: cannot use its database: the disk is full',
      'warning: has no hashed lookup pepper yet',
      'ok: its mirror of staff has 5 entries',
      'warning: its mirror of guests is not up to date: no route',
      'warning: account checks at example.org fail: timeout',
    ]);
  });
});

describe('files with tokens and addresses', () => {
  it('are reported if others can read them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'islet-doctor-'));
    const [open, closed] = [join(folder, 'islet.db'), join(folder, 'admin-token')];
    for (const file of [open, closed]) await writeFile(file, '', { mode: 0o600 });
    await chmod(open, 0o644);
    const found = await readableByOthers([open, closed, join(folder, 'missing')]);
    expect(found.map(({ state, words }) => [state, words])).toEqual([
      ['warning', `users other than its owner can read ${open}`],
    ]);
  });
});
