import { afterEach, describe, expect, it } from 'vitest';
import PostalMime from 'postal-mime';
import { type SmtpOptions, SmtpSender } from '../../../src/adapters/messaging/smtp-sender.js';
import { trySending } from '../../../src/adapters/messaging/smtp-test.js';
import { sampleMessages } from '../../../src/adapters/messaging/template-check.js';
import { Templates } from '../../../src/adapters/messaging/templates.js';
import { mailTest } from '../../../src/app/commands/mail-test.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';
import type { Config } from '../../../src/app/config/config.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { freePort } from '../../support/ports.js';
import { type MailServerOptions, startMailServer, startScriptedServer } from '../../support/smtp.js';
import { createAuthority } from '../../support/tls.js';

const { ca, certificates } = createAuthority({ relay: ['127.0.0.1'] });
const login = { username: 'islet', password: 'correct horse' };
const mail = { to: 'you@example.org', subject: 'Test mail', text: 'Hello' };

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

async function mailServer(options?: MailServerOptions) {
  const server = await startMailServer(options);
  open.push(server);
  return server;
}

const optionsFor = (port: number, more: Partial<SmtpOptions> = {}): SmtpOptions => ({
  host: '127.0.0.1',
  port,
  tls: 'none',
  ehloName: 'id.example.org',
  from: 'Islet <noreply@id.example.org>',
  timeLimitMs: 3000,
  ...more,
});

describe('a test mail', () => {
  it('shows each step, with the words of the mail server', async () => {
    const server = await mailServer({ certificate: certificates.relay, login });
    const steps = await trySending(optionsFor(server.port, { tls: 'required', ca, ...login }), mail);
    expect(steps.map(({ step, isFine }) => `${step} ${isFine}`)).toEqual([
      'connect true',
      'tls true',
      'ehlo true',
      'login true',
      'sender true',
      'recipient true',
      'accepted true',
    ]);
    const words = Object.fromEntries(steps.map((entry) => [entry.step, entry.words]));
    expect(words['connect']).toMatch(/^127\.0\.0\.1:\d+, 220 .*ESMTP/);
    expect(words['tls']).toMatch(/^TLSv1\.3, certificate of relay by ca, valid until .*: trusted$/);
    expect(words['ehlo']).toContain('AUTH');
    expect(words['login']).toBe('235 Authentication successful');
    expect(words['accepted']).toMatch(/^250 /);
    expect(JSON.stringify(steps)).not.toContain(login.password);
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]).toMatchObject({ isEncrypted: true, user: 'islet', mail: { subject: 'Test mail' } });
  });

  it('reports an untrusted certificate even if the configuration does not require one', async () => {
    const server = await mailServer({ certificate: certificates.relay });
    const steps = await trySending(optionsFor(server.port, { tls: 'opportunistic' }), mail);
    expect(steps[1]).toMatchObject({ step: 'tls', isFine: true, words: expect.stringContaining('not trusted (') });
    expect(server.mails[0]?.isEncrypted).toBe(true);
  });

  it('continues without encryption if that fails and is optional, and says so', async () => {
    const server = await startScriptedServer((line) => {
      if (line === '') return '220 old relay';
      if (line.startsWith('EHLO')) return '250-old\r\n250 STARTTLS';
      if (line.startsWith('STARTTLS')) return '220 go ahead\r\nthis is no handshake';
      return line.startsWith('DATA') ? '354 go on' : '250 ok';
    });
    open.push(server);
    const steps = await trySending(optionsFor(server.port, { tls: 'opportunistic' }), mail);
    expect(steps.find(({ step }) => step === 'tls')).toEqual({
      step: 'tls',
      isFine: true,
      words: expect.stringContaining('mail is sent without encryption'),
    });
    expect(steps.at(-1)).toMatchObject({ step: 'accepted', isFine: true });
  });

  it.each<[string, MailServerOptions, Partial<SmtpOptions>, string, RegExp]>([
    [
      'a certificate of another authority',
      { certificate: certificates.relay },
      { tls: 'required' },
      'tls',
      /^certificate is not trusted$/,
    ],
    ['no encryption', {}, { tls: 'required' }, 'tls', /^does not offer encryption$|^5\d\d /],
    ['a wrong password', { login }, { ...login, password: 'wrong' }, 'login', /^535 /],
    ['TLS on a port without TLS', {}, { tls: 'implicit' }, 'tls', /^the server does not use TLS on this port/],
  ])('ends at the step that fails: %s', async (_case, serverOptions, options, step, words) => {
    const server = await mailServer(serverOptions);
    const steps = await trySending(optionsFor(server.port, options), mail);
    expect(steps.at(-1)).toEqual({ step, isFine: false, words: expect.stringMatching(words) });
    expect(steps.filter(({ isFine }) => !isFine)).toHaveLength(1);
    expect(server.mails).toEqual([]);
  });

  it('quotes the refusal of a recipient in full', async () => {
    const server = await mailServer();
    server.refuseRecipients('550 5.1.1 <you@example.org> User unknown');
    expect((await trySending(optionsFor(server.port), mail)).at(-1)).toEqual({
      step: 'recipient',
      isFine: false,
      words: '550 5.1.1 <you@example.org> User unknown',
    });
  });

  it.each([
    ['sender', 'MAIL', '553 5.1.8 Domain of sender does not exist'],
    ['accepted', '.', '554 5.7.1 Spam message rejected'],
  ])('quotes the refusal at the step %s', async (step, command, refusal) => {
    let isGreeted = false;
    const server = await startScriptedServer((line) => {
      if (!isGreeted) {
        isGreeted = true;
        return '220 relay';
      }
      if (line.startsWith(command)) return refusal;
      if (line.startsWith('DATA')) return '354 go on';
      return /^(EHLO|MAIL|RCPT)/.test(line) ? '250 ok' : undefined;
    });
    open.push(server);
    const steps = await trySending(optionsFor(server.port), mail);
    expect(steps.at(-1)).toEqual({ step, isFine: false, words: refusal });
  });

  it('reports that a server is not running, and that a server does not answer', async () => {
    expect(await trySending(optionsFor(await freePort()), mail)).toEqual([
      { step: 'connect', isFine: false, words: 'the connection is refused' },
    ]);
    const silent = await startScriptedServer(() => undefined);
    open.push(silent);
    const steps = await trySending(optionsFor(silent.port, { timeLimitMs: 300 }), mail);
    expect(steps.at(-1)).toMatchObject({ step: 'connect', isFine: false, words: 'no answer within 0.3 s' });
  });
});

describe('islet mail test', () => {
  const run = async (options: SmtpOptions | undefined, address = mail.to, isJson = false) => {
    const printed: string[] = [];
    const config = { mail: options && { ...options, password: undefined }, server: { name: 'id.example.org' } };
    const print = (text: string) => void printed.push(text);
    const code = await mailTest(config as unknown as Config, address, { isJson, style: plainStyle, print });
    return { code, text: printed.join('\n') };
  };

  it('prints a line per step, and exits with 0 if the mail was accepted', async () => {
    const server = await mailServer();
    const { code, text } = await run(optionsFor(server.port));
    expect(code).toBe(0);
    expect(text.split('\n')).toHaveLength(7);
    expect(text).toMatch(/^✓ connect {4}127\.0\.0\.1:/);
    expect(text).toMatch(/The mail server accepted the mail\.$/);
    expect(server.mails[0]?.mail.subject).toBe('Test mail from id.example.org');
  });

  it('exits with 1 if the mail was not accepted, and prints JSON with --json', async () => {
    const server = await mailServer();
    server.refuseRecipients('550 no');
    const { code, text } = await run(optionsFor(server.port), mail.to, true);
    expect(code).toBe(1);
    expect(JSON.parse(text)).toMatchObject({ isAccepted: false, steps: expect.arrayContaining([]) });
    expect((await run(optionsFor(server.port))).text).toContain('✗ recipient  550 no');
  });

  it('refuses an invalid address, and refuses to send without a mail server', async () => {
    await expect(run(undefined)).rejects.toThrow('no mail server is configured');
    await expect(run(undefined, 'you')).rejects.toMatchObject({ code: 'invalid_email' });
  });
});

describe('a mail', () => {
  const templates = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
  const all = templates
    .languages('islet')
    .flatMap((acceptLanguage) => sampleMessages({ brand: undefined, acceptLanguage }));

  it('of each kind in each language is displayed correctly by a mail program, over STARTTLS with a login', async () => {
    const server = await mailServer({ certificate: certificates.relay, login });
    const sender = new SmtpSender(optionsFor(server.port, { tls: 'required', ca, ...login }), templates);
    open.push(sender);
    for (const message of all) await sender.send(email('bob@example.net'), message);
    expect(server.mails).toHaveLength(all.length);
    for (const [index, message] of all.entries()) {
      const received = server.mails[index]!;
      expect(received).toMatchObject({ isEncrypted: true, user: 'islet' });
      const parsed = await PostalMime.parse(received.raw);
      const rendered = templates.renderMail(message);
      expect(parsed.subject).toBe(rendered.subject);
      expect(parsed.text?.replaceAll('\r\n', '\n').trim()).toBe(rendered.text.trim());
      expect(parsed.html?.replaceAll('\r\n', '\n').trim()).toBe(rendered.html.trim());
      expect(parsed.attachments).toEqual([]);
      expect(parsed.to).toEqual([{ name: '', address: 'bob@example.net' }]);
    }
  });
});
