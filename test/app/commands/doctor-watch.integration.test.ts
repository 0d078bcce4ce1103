import { describe, expect, it } from 'vitest';
import { watchDoctor } from '../../../src/app/commands/doctor-watch.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';
import type { Config } from '../../../src/app/config/config.js';
import { area, type CheckResult } from '../../../src/app/doctor/check-result.js';
import { mailCheck, smsCheck } from '../../../src/app/doctor/check-services.js';
import { RefusedLogins } from '../../../src/app/doctor/refused-logins.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';
import { startMessageCentre } from '../../support/smpp.js';
import { startMailServer } from '../../support/smtp.js';

/** Runs the command while each step happens between two runs. @returns the exit code and the output */
async function watch(check: () => Promise<readonly CheckResult[]>, steps: readonly (() => unknown)[], isJson = false) {
  const left = [...steps];
  const printed: string[] = [];
  const code = await watchDoctor({
    check,
    pause: async () => {
      const step = left.shift();
      await step?.();
      return step !== undefined;
    },
    now: () => new Date(2026, 0, 2, 12, 30, 5),
    isJson,
    style: plainStyle,
    print: (text) => void printed.push(text),
  });
  return { code, printed };
}

describe('islet doctor --watch', () => {
  it('shows a mail server that stops and returns, and prints nothing while nothing changes', async () => {
    const mails = await startMailServer();
    const { port } = mails;
    const { config } = loadFromEtc(`mail: { smtpUrl: 'smtp://127.0.0.1:${port}', from: islet@example.org, tls: none }`);
    const restarted: { close(): Promise<void> }[] = [];
    const { code, printed } = await watch(mailCheck(config as Config), [
      () => undefined,
      () => mails.close(),
      () => undefined,
      async () => void restarted.push(await startMailServer({ port })),
    ]);
    await Promise.all(restarted.map((server) => server.close()));
    expect(code).toBe(0);
    expect(printed).toEqual([
      expect.stringMatching(/^✓ mail {2}127\.0\.0\.1:\d+, TLS none\n[^]*Watching; Ctrl-C ends\.$/),
      expect.stringMatching(/^12:30:05 {2}✗ mail {2}.*the connection is refused/),
      expect.stringMatching(/^12:30:05 {4}\s+→ `islet mail test/),
      expect.stringMatching(/^12:30:05 {2}✓ mail {2}no longer: .*the connection is refused/),
    ]);
  });

  it('shows that the server has stopped, which does not count as a failure', async () => {
    const { ok, skipped } = area('server');
    const runs = [[ok('is running and ready')], [skipped('no server is running here')], [ok('is running and ready')]];
    const { code, printed } = await watch(async () => runs.shift() ?? [], [() => undefined, () => undefined]);
    expect(code).toBe(0);
    expect(printed.slice(1)).toEqual([
      '12:30:05  - server  no server is running here',
      '12:30:05  ✓ server  no longer: no server is running here',
    ]);
  });

  it('exits with the result of the last run, and prints one line of JSON for each run', async () => {
    const centre = await startMessageCentre('secret');
    const smpp = {
      kind: 'smpp',
      host: '127.0.0.1',
      port: centre.port,
      systemId: 'islet',
      tls: false,
      timeLimitMs: 5_000,
    };
    const check = smsCheck({ sms: { gateways: [smpp] } } as unknown as Config);
    const { code, printed } = await watch(check, [() => centre.close()], true);
    expect(code).toBe(1);
    expect(printed.map((line) => (JSON.parse(line) as { diagnoses: CheckResult[] }).diagnoses[0]?.state)).toEqual([
      'ok',
      'failure',
    ]);
  });

  it('treats results that differ only in numbers as equal', async () => {
    const { warning } = area('files');
    let mb = 90;
    const check = async () => [warning(`the disk has ${mb--} MB left`)];
    expect((await watch(check, [() => undefined, () => undefined])).printed).toHaveLength(1);
  });

  it('does not repeat a refused login before twenty minutes have passed, so that no account is locked', async () => {
    const [clock, attempts] = [{ now: 0 }, [] as string[]];
    const { failure, ok } = area('mail');
    let results = [failure('mx:25: refuses the login: 535 wrong password')];
    const check = new RefusedLogins(() => clock.now).guard('mail', async () => {
      attempts.push('mail');
      return results;
    });
    for (let minute = 0; minute < 60; minute++) {
      clock.now = minute * 60_000;
      await check();
    }
    expect(attempts).toHaveLength(3);
    results = [ok('mx:25, logged in as islet')];
    for (let minute = 60; minute < 63; minute++) {
      clock.now = minute * 60_000;
      expect(await check()).toEqual(results);
    }
  });
});
