import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultFrom } from '../../../src/adapters/messaging/default-from.js';
import { SmtpSender, type SmtpOptions } from '../../../src/adapters/messaging/smtp-sender.js';
import { Templates } from '../../../src/adapters/messaging/templates.js';
import { mailAddress } from '../../../src/domain/identifiers/mailbox.js';
import { email, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { Message, DeliveryError } from '../../../src/ports/message-sender.js';
import { messageSenderContract } from '../../contracts/message-sender.contract.js';
import { startMailServer, startScriptedServer, type MailServerOptions } from '../../support/smtp.js';
import { createAuthority } from '../../support/tls.js';

const templates = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
const bob = email('bob@example.net');
const login = { username: 'islet', password: 'correct horse' };
const { ca, certificates } = createAuthority({ relay: ['127.0.0.1', 'localhost'], other: ['relay.example.org'] });
const untrusted = createAuthority({ relay: ['127.0.0.1'] }).certificates.relay;

const code: Message = {
  kind: 'validation',
  token: 's3cretT0ken',
  link: 'https://id.example.org/_matrix/identity/v2/validate/email/submitToken?sid=1&client_secret=x&token=s3cretT0ken',
  preferences: { brand: undefined, acceptLanguage: undefined },
};

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

function senderTo(port: number, options: Partial<SmtpOptions> = {}): SmtpSender {
  const sender = new SmtpSender(
    {
      host: '127.0.0.1',
      port,
      tls: 'none',
      ehloName: 'id.example.org',
      from: 'Islet <noreply@id.example.org>',
      timeLimitMs: 5000,
      ...options,
    },
    templates,
  );
  open.push(sender);
  return sender;
}

async function mailServer(options?: MailServerOptions) {
  const server = await startMailServer(options);
  open.push(server);
  return server;
}

async function scriptedServer(answer: Parameters<typeof startScriptedServer>[0]) {
  const server = await startScriptedServer(answer);
  open.push(server);
  return server;
}

async function failureOf(sender: SmtpSender, to: Threepid = bob): Promise<DeliveryError> {
  return sender.send(to, code).then(
    () => expect.fail('it was sent'),
    (error: DeliveryError) => error,
  );
}

describe('SmtpSender', () => {
  messageSenderContract(async () => {
    const server = await startMailServer();
    const sender = senderTo(server.port, { timeLimitMs: 3_000 });
    return {
      sender,
      to: bob,
      accepted: () => server.mails.map(({ mail }) => mail.text ?? ''),
      refuse: (isRefusing) => server.refuseRecipients(isRefusing ? '550 5.1.1 <bob@example.net> unknown' : undefined),
      stall: (isStalling) => server.stall(isStalling),
      close: () => server.close(),
    };
  });
});

describe('a mail', () => {
  it('is complete: both texts, sender and recipient, and a header that suppresses automatic replies', async () => {
    const server = await mailServer();
    await senderTo(server.port).send(bob, code);
    const { mail, envelope, helo } = server.mails[0]!;
    expect(envelope).toEqual({ from: 'noreply@id.example.org', to: ['bob@example.net'] });
    expect(helo).toBe('id.example.org');
    expect(mail.from?.value).toEqual([{ name: 'Islet', address: 'noreply@id.example.org' }]);
    expect([mail.to].flat()[0]?.value).toEqual([{ name: '', address: 'bob@example.net' }]);
    expect(mail.subject).toBe('Confirm your email address');
    expect(mail.text).toContain(code.link);
    expect(mail.html).toContain(`href="${code.link.replaceAll('&', '&amp;')}"`);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail.headers.get('content-language')).toBe('en');
    expect(mail.messageId).toMatch(/^<[^@<>]+@id\.example\.org>$/);
    expect(Math.abs((mail.date?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('is multipart/alternative in short CRLF lines of ASCII, whatever its language', async () => {
    const server = await mailServer();
    await senderTo(server.port).send(bob, { ...code, preferences: { brand: undefined, acceptLanguage: 'de' } });
    const { raw, mail } = server.mails[0]!;
    expect(mail.subject).toBe('Bitte bestätigen Sie Ihre E-Mail-Adresse');
    expect(raw).toMatch(/^Content-Type: multipart\/alternative;/m);
    expect(raw.replaceAll('\r\n', '')).toMatch(/^[\x20-\x7e]*$/);
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(mail.text).toContain('möchte diese E-Mail-Adresse');
    expect(mail.html).toContain('möchte diese E-Mail-Adresse');
  });

  it('has only the expected headers, whatever the name of an inviter is', async () => {
    const server = await mailServer();
    const hostile = 'A\r\nBcc: eve@evil.example\r\n\r\nx';
    const invite = { sender: hostile, senderDisplayName: hostile, roomName: hostile, roomAlias: hostile };
    await senderTo(server.port).send(bob, {
      kind: 'invite',
      link: 'https://app.example.org/#/room/x',
      invite: { ...invite, roomAvatarUrl: undefined, roomType: hostile },
      preferences: { brand: hostile, acceptLanguage: hostile },
    });
    const { mail, envelope } = server.mails[0]!;
    expect(envelope.to).toEqual(['bob@example.net']);
    expect(mail.headers.has('bcc')).toBe(false);
    expect([...mail.headers.keys()].sort()).toEqual([
      'auto-submitted',
      'content-language',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
      'x-auto-response-suppress',
    ]);
  });

  it.each([
    ["o'neil+x@example.org", "o'neil+x@example.org"],
    ['alice@müller.example', 'alice@xn--mller-kva.example'],
    ['alice@mu\u0308ller.example', 'alice@xn--mller-kva.example'],
    ['alice@MÜLLER.example', 'alice@xn--mller-kva.example'],
    ['alice@xn--mller-kva.example', 'alice@xn--mller-kva.example'],
    ['alice@ｅxample.org', 'alice@example.org'],
  ])('to %s has exactly this mailbox as recipient', async (address, recipient) => {
    const server = await mailServer();
    await senderTo(server.port).send(email(address), code);
    expect(server.mails[0]?.envelope.to.map(mailAddress)).toEqual([recipient]);
    expect(server.mails[0]?.raw).toContain(`\r\nTo: ${recipient}\r\n`);
  });

  it('never has two recipients, whatever the address is', async () => {
    const server = await mailServer();
    const twoAddresses: Threepid = { medium: 'email', address: 'bob@example.net, eve@evil.example' };
    await senderTo(server.port)
      .send(twoAddresses, code)
      .catch(() => undefined);
    expect(server.mails.flatMap(({ envelope }) => envelope.to)).not.toContain('eve@evil.example');
  });
});

describe('an address with non-ASCII letters before the @', () => {
  async function relay(extensions: string) {
    const lines: string[] = [];
    let isData = false;
    const server = await scriptedServer((line) => {
      if (!isData) lines.push(line);
      if (line === '') return isData ? undefined : '220 relay';
      if (isData) {
        isData = line !== '.';
        return isData ? undefined : '250 queued';
      }
      isData = line === 'DATA';
      if (line.startsWith('EHLO')) return extensions;
      return isData ? '354 go on' : '250 ok';
    });
    return { port: server.port, lines };
  }

  it.each(['250-relay\r\n250-8BITMIME\r\n250 PIPELINING', '502 no such command'])(
    'is refused with the reason, before anything is sent, if the relay does not support them: %s',
    async (extensions) => {
      const server = await relay(extensions);
      const sender = senderTo(server.port);
      for (let times = 0; times < 2; times++) {
        expect(await failureOf(sender, email('jürgen@example.org'))).toMatchObject({
          isFinal: true,
          reason: 'does not support SMTPUTF8, which addresses with non-ASCII letters need',
          advice: 'the mail server does not accept addresses with letters other than a to z before the @',
        });
      }
      await sender.send(bob, code);
      expect(server.lines.filter((line) => /^(MAIL|RCPT|DATA)/.test(line))).toEqual([
        'MAIL FROM:<noreply@id.example.org>',
        'RCPT TO:<bob@example.net>',
        'DATA',
      ]);
    },
  );

  it('is sent with SMTPUTF8 to a relay that supports it', async () => {
    const server = await relay('250-relay\r\n250 SMTPUTF8');
    await senderTo(server.port).send(email('jürgen@example.org'), code);
    expect(server.lines.filter((line) => /^(MAIL|RCPT)/.test(line))).toEqual([
      'MAIL FROM:<noreply@id.example.org> SMTPUTF8',
      'RCPT TO:<jürgen@example.org>',
    ]);
  });

  it('is a configuration error if it is the address of the sender', async () => {
    const server = await relay('250 relay');
    const error = await failureOf(senderTo(server.port, { from: 'Grüße <grüße@example.org>' }));
    expect(error).toMatchObject({ isFinal: false, isAnswer: false });
  });
});

describe('the Message-ID of a mail', () => {
  it('is the same for each attempt, and does not reveal its contents', async () => {
    const server = await mailServer();
    const sender = senderTo(server.port);
    for (const id of ['sid token 1', 'sid token 1', 'sid token 2']) await sender.send(bob, { ...code, id });
    const [first, again, next] = server.mails.map(({ mail }) => mail.messageId);
    expect(again).toBe(first);
    expect(next).not.toBe(first);
    expect(first).toMatch(/^<[0-9a-f]{40}@id\.example\.org>$/);
  });
});

describe('encryption', () => {
  it('is not used with `none`, whatever the server offers', async () => {
    const server = await mailServer({ certificate: untrusted });
    await senderTo(server.port, { tls: 'none' }).send(bob, code);
    expect(server.mails[0]?.isEncrypted).toBe(false);
  });

  it('is used with `opportunistic`, whoever issued the certificate', async () => {
    const server = await mailServer({ certificate: untrusted });
    await senderTo(server.port, { tls: 'opportunistic' }).send(bob, code);
    expect(server.mails[0]?.isEncrypted).toBe(true);
  });

  it('is left out with `opportunistic` if the server does not offer it', async () => {
    const server = await mailServer();
    await senderTo(server.port, { tls: 'opportunistic' }).send(bob, code);
    expect(server.mails[0]?.isEncrypted).toBe(false);
  });

  /** Offers STARTTLS and then fails in one way; accepts a mail without encryption. */
  async function brokenServer(disrupt: (socket: Socket) => string | undefined, extension = 'SIZE') {
    const lines: string[] = [];
    let isData = false;
    const server = await scriptedServer((line, socket) => {
      lines.push(line);
      if (line === '') return isData ? undefined : '220 relay';
      if (isData) {
        isData = line !== '.';
        return isData ? undefined : '250 queued';
      }
      if (line.startsWith('EHLO')) return `250-relay\r\n250-${extension}\r\n250 STARTTLS`;
      if (line === 'STARTTLS') return disrupt(socket);
      if (line !== 'DATA') return '250 ok';
      isData = true;
      return '354 go on';
    });
    return { port: server.port, lines };
  }

  const failures: [string, (socket: Socket) => string | undefined][] = [
    ['the server changes its mind', () => '454 4.7.0 TLS not available due to local problem'],
    ['the server hangs up', (socket) => void socket.end('220 go\r\n')],
    ['the server cuts the connection', (socket) => void socket.write('220 go\r\n', () => socket.resetAndDestroy())],
    ['the server does not speak TLS', () => '220 go\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n'],
    ['the server says nothing more', (socket) => void (socket.write('220 go\r\n'), socket.removeAllListeners('data'))],
  ];

  it.each(failures)('is left out with `opportunistic` if %s', async (_case, disrupt) => {
    const server = await brokenServer(disrupt);
    await senderTo(server.port, { tls: 'opportunistic', timeLimitMs: 3000 }).send(bob, code);
    expect(server.lines.filter((line) => line === 'DATA')).toHaveLength(1);
    expect(server.lines.some((line) => line.startsWith('Subject: Confirm'))).toBe(true);
  });

  it.each(failures)('is not left out if a password must be sent and %s', async (_case, disrupt) => {
    const server = await brokenServer(disrupt, 'AUTH PLAIN LOGIN');
    await failureOf(senderTo(server.port, { tls: 'opportunistic', timeLimitMs: 3_000, ...login }));
    expect(server.lines.filter((line) => /^(AUTH|MAIL|DATA)/.test(line))).toEqual([]);
  });

  it('protects the password: none is sent to a server that does not offer it', async () => {
    const server = await mailServer({ login });
    const error = await failureOf(senderTo(server.port, { tls: 'opportunistic', ...login }));
    expect(error.message).toBe(`mail server 127.0.0.1:${server.port}: does not offer encryption`);
    expect(server.mails).toEqual([]);
  });

  it('is used for a password with `opportunistic`, whoever issued the certificate', async () => {
    const server = await mailServer({ login, certificate: untrusted });
    await senderTo(server.port, { tls: 'opportunistic', ...login }).send(bob, code);
    expect(server.mails[0]).toMatchObject({ user: 'islet', isEncrypted: true });
  });

  it.each([
    ['required', false],
    ['implicit', true],
  ] as const)('is verified with `%s`, whatever the environment variables are', async (tls, isImplicit) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const trusted = await mailServer({ certificate: certificates.relay, isImplicit, login });
    await senderTo(trusted.port, { tls, ca, ...login }).send(bob, code);
    await senderTo(trusted.port, { tls, ca, ...login, host: 'localhost' }).send(bob, code);
    expect(trusted.mails).toHaveLength(2);
    for (const mail of trusted.mails) expect(mail).toMatchObject({ isEncrypted: true, user: 'islet' });

    const { port } = trusted;
    const untrusted = await failureOf(senderTo(port, { tls, ...login }));
    expect(untrusted.message).toBe(`mail server 127.0.0.1:${port}: certificate is not trusted`);
    const other = await mailServer({ certificate: certificates.other, isImplicit, login });
    const misnamed = await failureOf(senderTo(other.port, { tls, ca, ...login }));
    expect(misnamed.reason).toBe('certificate is for another name');
    expect(other.mails).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('must be offered with `required`', async () => {
    const server = await mailServer();
    expect((await failureOf(senderTo(server.port, { tls: 'required' }))).reason).toBe('does not offer encryption');
  });
});

describe('a mail that is not accepted', () => {
  it.each([
    ['temporarily', '451 4.7.1 Greylisted, come back later', false],
    ['permanently', '550 5.1.1 No such user here', true],
    ['because this server may not send', '554 5.7.1 Relay access denied', false],
  ])('is reported with the words of the server: refused %s', async (_case, answer, isFinal) => {
    const server = await mailServer();
    server.refuseRecipients(answer);
    const error = await failureOf(senderTo(server.port));
    expect(error).toMatchObject({ isFinal, reason: `said: ${answer}` });
  });

  it('because it is too large may be accepted later', async () => {
    const answer = '552 5.3.4 Too big';
    const server = await scriptedServer((line) =>
      line === '' ? '220 relay' : line.startsWith('MAIL') ? answer : '250 relay',
    );
    expect(await failureOf(senderTo(server.port))).toMatchObject({ isFinal: false, reason: `said: ${answer}` });
  });

  it.each([
    ['MAIL', '530 5.7.0 Must issue a STARTTLS command first'],
    ['MAIL', '550 5.1.8 Sender domain not found'],
    ['MAIL', '550 5.7.60 SMTP; Client does not have permissions to send as this sender'],
    ['RCPT', '550 5.7.64 TenantAttribution; Relay Access Denied'],
    ['DATA', '550 5.7.60 SMTP; Client does not have permissions to send as this sender'],
    ['.', '554 5.2.252 SendAsDenied; islet@example.org not allowed to send as noreply@id.example.org'],
    ['.', '550 5.7.705 Access denied, tenant has exceeded threshold'],
  ])(
    'because of its sender, after %s, is reported with the sender address and is not final: %s',
    async (step, answer) => {
      let isData = false;
      const server = await scriptedServer((line) => {
        if (line === '') return isData ? undefined : '220 relay';
        if (isData && line !== '.') return undefined;
        isData = line === 'DATA' && step !== 'DATA';
        if (line.startsWith(step)) return answer;
        return isData ? '354 go on' : '250 relay';
      });
      const error = await failureOf(senderTo(server.port));
      expect(error).toMatchObject({ isFinal: false, isAnswer: false, advice: undefined });
      expect(error.reason).toMatch(/^refuses the sender address noreply@id\.example\.org \(said: 55?[034]0? /);
    },
  );

  it('because of its sender is also reported with the login', async () => {
    const server = await mailServer({ login, certificate: certificates.relay });
    server.refuseRecipients('550 5.7.60 SMTP; Client does not have permissions to send as this sender');
    const error = await failureOf(senderTo(server.port, { tls: 'required', ca, ...login }));
    expect(error.reason).toBe(
      'refuses the sender address noreply@id.example.org, logged in as islet (said: 550 5.7.60 SMTP; Client does not have permissions to send as this sender)',
    );
  });

  it('because its content looks like spam is refused permanently', async () => {
    let isData = false;
    const server = await scriptedServer((line) => {
      if (isData) isData = line !== '.';
      if (line === '.') return '554 5.7.1 Message rejected as spam';
      if (line === '' || isData) return isData ? undefined : '220 relay';
      isData = line === 'DATA';
      return isData ? '354 go on' : '250 relay';
    });
    expect(await failureOf(senderTo(server.port))).toMatchObject({ isFinal: true, isAnswer: true });
  });

  it('temporarily is reported with the advice to try again', async () => {
    const server = await mailServer();
    server.refuseRecipients('451 4.7.1 Greylisted, come back later');
    expect((await failureOf(senderTo(server.port))).advice).toBe('please try again in a few minutes');
  });

  it('is not reported as a timeout if the server closes the connection at once', async () => {
    const server = await scriptedServer((_line, socket) => void socket.destroy());
    expect((await failureOf(senderTo(server.port))).reason).toBe('closed the connection');
  });

  it('is reported without the addresses and links that the server repeats', async () => {
    const server = await mailServer();
    server.refuseRecipients(`550 <bob@example.net>: bob@EXAMPLE.net? ${code.link} ${'x'.repeat(5000)}`);
    const error = await failureOf(senderTo(server.port));
    expect(error.reason).toMatch(/^said: 550 <address>: <address> <link> x+$/);
    expect(error.reason.length).toBeLessThan(400);
    expect(error.cause).toBeUndefined();
  });

  it('because of the login is reported without the password', async () => {
    const server = await mailServer({ login, certificate: certificates.relay });
    const sender = senderTo(server.port, { tls: 'required', ca, username: 'islet', password: 'wrong horse' });
    const error = await failureOf(sender);
    expect(error).toMatchObject({ isFinal: false, reason: expect.stringMatching(/^refuses the login: 535 /) });
    expect(JSON.stringify(error) + error.stack).not.toContain('wrong horse');
  });

  it('because the server accepts only OAuth tokens is reported, and no password is sent', async () => {
    const lines: string[] = [];
    const server = await scriptedServer((line) => {
      lines.push(line);
      if (line === '') return '220 relay';
      return line.startsWith('EHLO') ? '250-relay\r\n250 AUTH XOAUTH2' : '250 ok';
    });
    const error = await failureOf(senderTo(server.port, { tls: 'none', ...login }));
    expect(error).toMatchObject({
      isFinal: false,
      isAnswer: false,
      reason: expect.stringMatching(/^offers only logins with OAuth tokens \(XOAUTH2\)/),
    });
    expect(lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
  });

  it('because of the EHLO name is reported with that name', async () => {
    const server = await scriptedServer((line) => (line === '' ? '220 relay' : '501 5.5.2 invalid HELO'));
    expect(await failureOf(senderTo(server.port))).toMatchObject({
      isFinal: false,
      reason: 'said: 501 5.5.2 invalid HELO',
    });
  });

  it('is reported as an unreachable server if there is none', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    expect((await failureOf(senderTo(port))).message).toBe(`mail server 127.0.0.1:${port}: the connection is refused`);
    expect((await failureOf(senderTo(25, { host: 'relay.invalid' }))).reason).toMatch(/^the name /);
  });

  it.each([
    ['never sends a greeting', () => undefined],
    ['stops answering', (line: string) => (line === '' ? '220 relay' : undefined)],
    [
      'never ends its answer',
      (line: string) => (line === '' ? '220 relay' : `250-relay\r\n${'250-x\r\n'.repeat(50)}250-x`),
    ],
  ])('fails within the time limit if the server %s', async (_case, answer) => {
    const server = await scriptedServer(answer);
    expect((await failureOf(senderTo(server.port, { timeLimitMs: 400 }))).reason).toBe('no answer within 0.4 s');
  });
});

describe('a connection test', () => {
  it('logs in and sends no mail', async () => {
    const server = await mailServer({ login, certificate: certificates.relay });
    await senderTo(server.port, { tls: 'required', ca, ...login }).verify();
    expect(server.mails).toEqual([]);
  });

  it.each([
    ['a wrong password', { ca, ...login, password: 'wrong' }, /refuses the login/],
    ['a certificate of another authority', login, /certificate is not trusted/],
  ])('fails for %s like a mail', async (_case, options, reason) => {
    const server = await mailServer({ login, certificate: certificates.relay });
    await expect(senderTo(server.port, { tls: 'required', ...options }).verify()).rejects.toThrow(reason);
  });
});

it('a configured login is tried even if the server offers none, so that no mail is sent anonymously', async () => {
  const server = await mailServer({ certificate: certificates.relay });
  const sender = senderTo(server.port, { tls: 'required', ca, ...login });
  await expect(sender.verify()).rejects.toThrow(/refuses the login: 5/);
  expect((await failureOf(sender)).reason).toMatch(/^refuses the login: 5/);
  expect(server.mails).toEqual([]);
});

describe('a pooled connection', () => {
  it('sends one mail after the other', async () => {
    const server = await mailServer();
    const sender = senderTo(server.port);
    for (let n = 0; n < 5; n++) await sender.send(bob, code);
    expect(server.mails).toHaveLength(5);
    expect(server.connectionCount()).toBe(1);
  });

  it('may be closed before it is needed again', async () => {
    const server = await mailServer();
    const sender = senderTo(server.port);
    await sender.send(bob, code);
    server.cutConnections();
    await sender.send(bob, code);
    expect(server.mails).toHaveLength(2);
  });

  it('may be closed by the next mail before that is sent, which then uses another one', async () => {
    const received: string[] = [];
    let isData = false;
    const server = await scriptedServer((line, socket) => {
      if (isData) {
        isData = line !== '.';
        return isData ? undefined : '250 queued';
      }
      if (line) received.push(line);
      if (received.filter((command) => command.startsWith('MAIL')).length === 2 && line.startsWith('MAIL')) {
        return void socket.resetAndDestroy();
      }
      isData = line === 'DATA';
      return isData ? '354 go on' : `${line ? 250 : 220} ok`;
    });
    const sender = senderTo(server.port);
    await sender.send(bob, code);
    await sender.send(bob, code);
    expect(received.filter((line) => line.startsWith('MAIL'))).toHaveLength(3);
    expect(received.filter((line) => line === 'DATA')).toHaveLength(2);
  });

  it('that is closed after the mail was sent is not retried, because the mail may have been accepted', async () => {
    let dots = 0;
    let isData = false;
    const server = await scriptedServer((line, socket) => {
      if (isData && line === '.') {
        dots += 1;
        isData = false;
        return void socket.destroy();
      }
      if (isData) return undefined;
      if (line === '') return '220 relay';
      isData = line === 'DATA';
      return isData ? '354 go on' : '250 ok';
    });
    for (const tls of ['none', 'opportunistic'] as const) {
      dots = 0;
      const error = await failureOf(senderTo(server.port, { tls, timeLimitMs: 2000 }));
      expect(error.reason).toBe('closed the connection');
      expect(dots).toBe(1);
    }
  });

  it('completes a mail in progress when it is closed', async () => {
    const server = await mailServer();
    server.stall(true);
    const sender = senderTo(server.port);
    const sending = sender.send(bob, code);
    await expect.poll(() => server.waitingCount()).toBe(1);
    sender.close();
    server.stall(false);
    await sending;
    expect(server.mails).toHaveLength(1);
    await expect(sender.send(bob, code)).rejects.toThrow(/^mail server/);
  });
});

describe('the sender of mails', () => {
  it.each([
    ['id.example.org', 'Islet <noreply@id.example.org>'],
    ['id.example.org:8090', 'Islet <noreply@id.example.org>'],
    ['10.0.0.1:8090', 'Islet <noreply@[10.0.0.1]>'],
    ['[2001:db8::1]:8090', 'Islet <noreply@[IPv6:2001:db8::1]>'],
  ])('is by default an address of %s', (serverName, from) => {
    expect(defaultFrom(serverName)).toBe(from);
  });

  it.each(['', 'nobody', 'a@example.org, b@example.org', 'Islet'])('cannot be %j', (from) => {
    expect(() => senderTo(25, { from })).toThrow(/is not a valid sender address/);
  });
});
