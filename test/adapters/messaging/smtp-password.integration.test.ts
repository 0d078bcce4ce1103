import { afterEach, describe, expect, it } from 'vitest';
import { SmtpSender } from '../../../src/adapters/messaging/smtp-sender.js';
import { Templates } from '../../../src/adapters/messaging/templates.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { type MailServer, startMailServer } from '../../support/smtp.js';

const templates = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
const message = {
  kind: 'validation',
  token: '1234',
  link: 'https://id.example.org/x',
  preferences: {},
} as unknown as Parameters<SmtpSender['send']>[1];

describe('the password of a mail server', () => {
  let server: MailServer;
  let sender: SmtpSender;
  afterEach(async () => {
    sender.close();
    await server.close();
  });

  const senderWith = async (reread: () => string) => {
    server = await startMailServer({ login: { username: 'islet', password: 'new' } });
    const options = {
      host: '127.0.0.1',
      port: server.port,
      tls: 'none',
      username: 'islet',
      password: 'old',
      ehloName: 'id.example.org',
      timeLimitMs: 10_000,
      from: 'Islet <noreply@example.org>',
    } as const;
    sender = new SmtpSender(options, templates, new RotatingSecret('old', reread));
  };

  it('is read again when it is refused, and the mail is sent with the new one', async () => {
    await senderWith(() => 'new');
    await sender.send(email('alice@example.com'), message);
    expect(server.mails).toMatchObject([{ user: 'islet' }]);
  });

  it('is not tried twice for one mail if it has not changed, and is then paused, so that the account is not locked', async () => {
    await senderWith(() => 'old');
    await expect(sender.send(email('alice@example.com'), message)).rejects.toThrow(
      /login|password|credentials|refused/i,
    );
    for (let time = 0; time < 3; time++) {
      await expect(sender.send(email('alice@example.com'), message)).rejects.toThrow(/not tried again before .* UTC/);
    }
    expect(server.connectionCount()).toBe(1);
    sender.reloadSecrets();
    await expect(sender.send(email('alice@example.com'), message)).rejects.toThrow(/login|password|credentials/i);
    expect(server.connectionCount()).toBe(2);
  });

  it('is tried again when an operator says that it has changed', async () => {
    await senderWith(() => 'new');
    sender.reloadSecrets();
    await sender.send(email('alice@example.com'), message);
    expect(server.mails).toHaveLength(1);
    expect(server.connectionCount()).toBe(1);
  });
});
