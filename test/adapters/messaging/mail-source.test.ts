import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { MailSources } from '../../../src/adapters/messaging/mail-source.js';
import { sampleMessages } from '../../../src/adapters/messaging/template-check.js';
import { Templates } from '../../../src/adapters/messaging/templates.js';

const templates = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
const from = { name: 'Zoë, Inc.', address: 'islet@example.org' };
const to = { name: '', address: 'a@example.net' };
const messageId = '<1@example.org>';

/** As nodemailer alone sends it. */
async function byNodemailer(mail: SendMailOptions): Promise<string> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await transport.sendMail(mail);
  return (message as Buffer).toString();
}

/** Boundaries, ids and dates differ from mail to mail. The order of headers has no meaning. A long line may be broken at any place that leaves it short. */
function comparable(source: string): readonly string[] {
  const end = source.indexOf('\r\n\r\n');
  const headers = source.slice(0, end).replace(/^(?:Message-ID|Date): .*$/gm, '');
  return [...headers.split(/\r\n(?! )/).sort(), source.slice(end).replaceAll('=\r\n', '').trimEnd()].map((part) =>
    part.replace(/--_NmP-[0-9a-f]+/g, 'BOUNDARY'),
  );
}

describe('the source of a mail', () => {
  it('is what nodemailer makes of the same parts, in all languages', async () => {
    const sources = new MailSources(from);
    const languages = templates.languages('islet');
    expect(languages.length).toBeGreaterThan(4);
    for (const acceptLanguage of [...languages, 'de']) {
      for (const message of sampleMessages({ brand: undefined, acceptLanguage })) {
        const { language, subject, text, html } = templates.renderMail(message);
        const source = sources.compose({ to, subject, language, messageId, text, html });
        const headers = {
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
          'Content-Language': language,
        };
        const [textInCrlf, htmlInCrlf] = [text, html].map((lines) => lines.replaceAll('\n', '\r\n'));
        const alone = await byNodemailer({ from, to, subject, headers, text: textInCrlf, html: htmlInCrlf });
        expect(comparable(source)).toEqual(comparable(alone));
      }
    }
  });

  it('is read as what was written, whatever that is, in short lines of ASCII', async () => {
    const sources = new MailSources(from);
    const words = ['\n', '\r\n', '=', '=20', '.', ' ', '\t', '--', 'ü', '猫', '😀', 'word ', '<p class="a">'];
    const lines = ['a'.repeat(75), 'b'.repeat(80), 'some words, '.repeat(9), 'ß'.repeat(40)];
    const piece = fc.constantFrom(...words, ...lines);
    const written = fc.array(piece, { minLength: 1, maxLength: 30 }).map((parts) => `x${parts.join('')}x`);
    await fc.assert(
      fc.asyncProperty(written, written, written, async (text, html, subject) => {
        const source = sources.compose({ to, subject, language: 'en', messageId, text, html });
        const body = source.slice(source.indexOf('\r\n\r\n'));
        expect(body).toMatch(/^(?:[\t\x20-\x7e]{0,76}\r\n)+$/);
        const mail = await simpleParser(source, { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true });
        const inLines = (read: string | undefined | false) =>
          String(read)
            .replace(/\r\n|\r/g, '\n')
            .trimEnd();
        expect(inLines(mail.text)).toBe(inLines(text));
        expect(inLines(mail.html)).toBe(inLines(html));
        expect(mail.headerLines.filter(({ key }) => key === 'subject').length).toBeLessThan(2);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps no line with a secret, and not more than it needs', () => {
    const sources = new MailSources(from);
    const kept = () => [...(sources as unknown as { readonly lines: Map<string, string> }).lines.keys()];
    const mail = { to, subject: 'Code', language: 'de', messageId };
    const html = `grün\r\nIhr Code: träum\r\n${'ö'.repeat(600)}`;
    sources.compose({ ...mail, text: 'fünf', html }, 'träum');
    expect(kept()).toEqual(['fünf', 'grün']);
    const { lastLines } = sources as unknown as { readonly lastLines: Map<string, unknown> };
    expect(lastLines.size).toBe(2);
    expect(JSON.stringify([...lastLines])).not.toContain('träum');
    const text = Array.from({ length: 2_100 }, (_, at) => `Müller ${at}`).join('\r\n');
    sources.compose({ ...mail, text, html });
    expect(kept().length).toBeLessThanOrEqual(2_000);
  });

  it('has one form if a template has only one', async () => {
    const mail = { to, subject: 'x', language: 'en', messageId };
    const source = new MailSources(from).compose({ ...mail, text: 'only text\n', html: '' });
    const read = await simpleParser(source, { skipTextToHtml: true });
    expect([read.text, read.html]).toEqual(['only text\n', false]);
  });
});
