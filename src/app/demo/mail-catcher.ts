import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CaughtMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface MailCatcher {
  readonly smtpPort: number;
  /** The page that shows the mails in a browser. */
  readonly url: string;
  /** The next mail to this address that no earlier call returned. */
  next(to: string): Promise<CaughtMail>;
  close(): Promise<void>;
}

/**
 * Receives every mail and shows it in the terminal and in a browser instead of delivering it.
 *
 * @param onMail called for each mail, for example to print it
 * @throws Error if the required packages are not installed
 */
export async function startMailCatcher(httpPort: number, onMail: (mail: CaughtMail) => void): Promise<MailCatcher> {
  const mails: CaughtMail[] = [];
  const unread: CaughtMail[] = [];
  const waiting = new Set<() => void>();

  const { SMTPServer, simpleParser } = await loadPackages();
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, session, done) => {
      simpleParser(stream).then(
        ({ subject = '', text = '', html = false }) => {
          const to = session.envelope.rcptTo.map(({ address }) => address).join(', ');
          const mail = { to, subject, text, html: html || '' };
          mails.push(mail);
          unread.push(mail);
          onMail(mail);
          for (const wake of waiting) wake();
          done();
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');

  const web = createServer((request, response) => {
    const at = /^\/(\d{1,6})$/.exec(request.url ?? '')?.[1];
    const mail = at === undefined ? undefined : mails[Number(at)];
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.end(mail ? mail.html || `<pre>${escapeHtml(mail.text)}</pre>` : list(mails));
  });
  web.listen(httpPort, '127.0.0.1');
  await once(web, 'listening').catch((error: unknown) => {
    smtp.close();
    throw error;
  });

  return {
    smtpPort: (smtp.server.address() as AddressInfo).port,
    url: `http://127.0.0.1:${(web.address() as AddressInfo).port}`,
    next: async (to) => {
      for (;;) {
        const at = unread.findIndex((mail) => mail.to === to);
        if (at >= 0) return unread.splice(at, 1)[0] as CaughtMail;
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
    close: async () => {
      web.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => smtp.close(() => resolve())),
        new Promise<void>((resolve) => web.close(() => resolve())),
      ]);
    },
  };
}

/** Loaded on demand: a server needs neither package, so a production installation does not have them. */
async function loadPackages() {
  try {
    const [{ SMTPServer }, { simpleParser }] = await Promise.all([import('smtp-server'), import('mailparser')]);
    return { SMTPServer, simpleParser };
  } catch (cause) {
    const message = 'the demo needs two additional packages: run `npm install smtp-server mailparser`';
    throw new Error(message, { cause });
  }
}

function list(mails: readonly CaughtMail[]): string {
  const rows = mails.map(
    ({ to, subject }, at) => `<li><a href="/${at}">${escapeHtml(subject)}</a> to ${escapeHtml(to)}</li>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Caught mail</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>Caught mail</h1>${rows.length === 0 ? '<p>None yet.</p>' : `<ol>${rows.reverse().join('')}</ol>`}</html>`;
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
