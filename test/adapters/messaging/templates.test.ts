import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { segmentsOf } from '../../../src/adapters/messaging/sms/alphabet.js';
import {
  checkTemplates,
  pageNames,
  sampleMessages,
  samplePages,
} from '../../../src/adapters/messaging/template-check.js';
import { templatesCheck } from '../../../src/app/commands/templates-check.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';
import { type Config, loadConfig } from '../../../src/app/config/config.js';
import { domainOptions } from '../../../src/app/wiring/domain-options.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import type { ValidationSession } from '../../../src/domain/validation/validation-session.js';
import { Templates, type TemplateOptions } from '../../../src/adapters/messaging/templates.js';
import type { ReadPreferences } from '../../../src/domain/shared/message-preferences.js';
import type { InviteDetails, Message } from '../../../src/ports/message-sender.js';

const shipped = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
const noPreferences: ReadPreferences = { brand: undefined, acceptLanguage: undefined };
const reading = (acceptLanguage: string, brand?: string): ReadPreferences => ({ brand, acceptLanguage });

const headingOf = (html: string): string => /<h1>([^<]*)<\/h1>/.exec(html)?.[1] ?? '';

const validation = (preferences = noPreferences) =>
  ({ kind: 'validation', token: '123456', link: 'https://id.example.org/v?a=1&b=2', preferences }) as const;

const invite = (details: Partial<InviteDetails> = {}, preferences = noPreferences): Message => ({
  kind: 'invite',
  link: 'https://app.example.org/#/room/!r:example.org?email=bob%40example.net&signurl=x',
  invite: {
    sender: '@alice:example.org',
    senderDisplayName: 'Alice',
    roomName: 'Garden Club',
    roomAlias: undefined,
    roomAvatarUrl: undefined,
    roomType: undefined,
    ...details,
  },
  preferences,
});

describe('an invitation', () => {
  const flat = (text: string) => text.replaceAll('\n', ' ');
  const nameless = (language: string, roomType?: string) =>
    shipped.renderMail(invite({ roomName: undefined, roomType }, reading(language)));

  it.each([
    ['en', 'Alice invites you to a chat on Matrix', 'to a chat on Matrix.', 'to a space on Matrix.'],
    ['de', 'Alice lädt Sie zu einem Gespräch auf Matrix ein', 'zu einem Gespräch auf', 'in einen Space auf'],
    ['fr', 'Alice vous invite à une conversation sur Matrix', 'à une conversation sur', 'dans un espace sur'],
    ['es', 'Alice le invita a una conversación en Matrix', 'a una conversación en', 'a un espacio en'],
    ['ru', 'Alice приглашает вас в чат (Matrix)', 'в чат в Matrix', 'в пространство в Matrix'],
    ['uk', 'Alice запрошує вас до чату (Matrix)', 'до чату в Matrix', 'до простору в Matrix'],
  ])(
    'to a room without a name says "a chat" in the usual words of the language (%s)',
    (language, subject, chat, space) => {
      const { subject: line, text, html } = nameless(language);
      expect(line).toBe(subject);
      expect(flat(text)).toContain(chat);
      expect(html).toContain(chat);
      expect(flat(nameless(language, 'm.space').text)).toContain(space);
    },
  );

  it.each(['en', 'de', 'fr', 'es', 'ru', 'uk'])('lists invitations that had no mail of their own (%s)', (language) => {
    const first = invite({}, reading(language)) as Extract<Message, { kind: 'invite' }>;
    const other = { ...first.invite, senderDisplayName: undefined, sender: '@bob:example.org', roomName: '<Pier>' };
    const others = [{ link: 'https://app.example.org/#/pier', invite: other }];
    const { text, html } = shipped.renderMail({ ...first, others });
    expect(text).toContain('- <Pier> (@bob:example.org)\n  https://app.example.org/#/pier\n');
    expect(html).toContain('<a href="https://app.example.org/#/pier">&lt;Pier&gt;</a> (@bob:example.org)');
    expect(text).not.toBe(shipped.renderMail(first).text);
  });
});

describe('the shipped templates', () => {
  it('exist in six languages', () => {
    expect(shipped.brands).toEqual(['islet']);
    expect([...shipped.languages('islet')].sort()).toEqual(['de', 'en', 'es', 'fr', 'ru', 'uk']);
  });

  it('have the same files in each language, so that no mail mixes two languages', () => {
    const root = join(import.meta.dirname, '../../../templates/islet');
    const filesOf = (language: string) => readdirSync(join(root, language), { recursive: true }).map(String).sort();
    for (const language of shipped.languages('islet')) {
      expect([language, ...filesOf(language)]).toEqual([language, ...filesOf('en')]);
    }
  });

  it('are written in the script of their language', () => {
    const letters = (language: string, script: RegExp) =>
      pageNames.every((name) =>
        script.test(headingOf(shipped.renderPage(name, samplePages[name], reading(language)).html)),
      );
    for (const language of ['ru', 'uk']) expect(letters(language, /^[\p{Script=Cyrillic}\s?]+$/u)).toBe(true);
    for (const language of ['en', 'de', 'fr', 'es'])
      expect(letters(language, /^[\p{Script=Latin}\s?¿-]+$/u)).toBe(true);
    expect(letters('uk', /[ыэъё]/)).toBe(false);
  });

  it('all render with sample data', () => {
    expect(checkTemplates(shipped)).toEqual([]);
  });

  const messages = shipped.languages('islet').flatMap((language) => sampleMessages(reading(language)));

  it.each(messages)('render a complete mail of kind $kind in $preferences.acceptLanguage', (message) => {
    const language = message.preferences.acceptLanguage;
    const mail = shipped.renderMail(message);
    expect(mail.language).toBe(language);
    expect(mail.subject).toMatch(/^\S.{10,100}\S$/);
    expect(mail.text).toContain(`\n${message.link}\n`);
    expect(mail.html).toContain(`<html lang="${language}" dir="ltr">`);
    expect(mail.html).toContain(`href="${message.link.replaceAll('&', '&amp;')}"`);
    expect(mail.text.split('\n').filter((line) => line.length > 78 && line !== message.link)).toEqual([]);
    for (const part of [mail.subject, mail.text, mail.html]) expect(part).not.toMatch(/\{[{%#]|undefined|\[object/);
  });

  it('show the code on a line by itself, so that it can be copied', () => {
    const mail = shipped.renderMail(validation());
    expect(mail.text).toContain('\n123456\n');
    expect(mail.html).toContain('>123456<');
  });

  const pages = shipped.languages('islet').flatMap((language) => pageNames.map((name) => ({ language, name })));

  it.each(pages)(
    'render the page $name in $language, without anything that its policy forbids',
    ({ language, name }) => {
      const page = shipped.renderPage(name, samplePages[name], reading(language));
      expect(page.html).toContain(`<html lang="${language}" dir="ltr">`);
      expect(page.html.match(/<h1>[^<]{5,}<\/h1>/g)).toHaveLength(1);
      expect(page.html).toContain('<main>');
      expect(page.html).not.toMatch(/<script|\son\w+=|\sstyle=|src=|\{[{%#]|undefined/i);
    },
  );

  it.each(['en', 'de', 'fr', 'es', 'ru', 'uk'])('fit a text message into one segment in %s', (language) => {
    const text = shipped.renderSms(validation(reading(language)));
    expect(text).toContain('123456');
    expect(segmentsOf(text)).toBe(1);
    // Leaves room for a longer brand and a longer code.
    expect(segmentsOf(`${text}12345678`)).toBe(1);
    expect(text).not.toContain('\n');
  });
});

describe('a text message', () => {
  it.each([
    ['160 of the default alphabet', 'é'.repeat(160), 1],
    ['161 of the default alphabet', 'é'.repeat(161), 2],
    ['three segments of the default alphabet', 'a'.repeat(307), 3],
    ['brackets, which count twice', '['.repeat(81), 2],
    ['70 characters of another alphabet', 'ж'.repeat(70), 1],
    ['71 characters of another alphabet', 'ж'.repeat(71), 2],
    ['one letter that the default alphabet lacks', `${'a'.repeat(70)}ç`, 2],
    ['an escape character', `${'a'.repeat(70)}\u001b`, 2],
  ])('of %s has the expected number of segments', (_case, text, count) => {
    expect(segmentsOf(text)).toBe(count);
  });
});

describe('an HTML page', () => {
  it('contains the hash of its style sheet in the policy, so that it needs no unsafe-inline', () => {
    const { html, contentSecurityPolicy } = shipped.renderPage('failed', samplePages.failed, noPreferences);
    const css = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(css).digest('base64');
    expect(contentSecurityPolicy).toContain(`style-src 'sha256-${hash}'`);
    expect(contentSecurityPolicy).toMatch(/^default-src 'none'; /);
    expect(contentSecurityPolicy).not.toContain('unsafe');
  });

  it('lets its form redirect to the next link only', () => {
    const policy = (nextLink: string) =>
      shipped.renderPage('confirm', { ...samplePages.confirm, nextLink }, noPreferences).contentSecurityPolicy;
    expect(policy('https://app.example.org:8443/x?y')).toContain("form-action 'self' https://app.example.org:8443;");
    expect(policy('')).toContain("form-action 'self';");
    expect(policy('javascript:alert(1)')).toContain("form-action 'self';");
    expect(policy('https://a;script-src/')).toContain("form-action 'self';");
  });

  it('submits a form with the given fields', () => {
    const { html } = shipped.renderPage('confirm', { ...samplePages.confirm, fields: { sid: '"><b>' } }, noPreferences);
    expect(html).toContain('<form method="post" action="/_matrix/identity/v2/validate/email/submitToken">');
    expect(html).toContain('<input type="hidden" name="sid" value="&quot;&gt;&lt;b&gt;">');
    expect(html).toContain('<button type="submit">');
  });

  it('escapes the next link and the address', () => {
    const nextLink = 'https://app.example.org/"><script>x</script>';
    const address = '<img src=x>@example.org';
    expect(shipped.renderPage('validated', { medium: 'email', nextLink }, noPreferences).html).not.toContain('<script');
    expect(shipped.renderPage('confirm', { ...samplePages.confirm, address }, noPreferences).html).not.toContain(
      '<img',
    );
  });
});

describe('texts that clients choose', () => {
  it('are truncated without splitting a character', () => {
    const { text } = shipped.renderMail(invite({ senderDisplayName: 'a'.repeat(21), roomName: 'b'.repeat(31) }));
    expect(text).toContain(`${'a'.repeat(19)}… (@alice:example.org)`);
    expect(text).toContain(`"${'b'.repeat(29)}…"`);
    const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}';
    expect(shipped.renderMail(invite({ roomName: family.repeat(7) })).text).toContain(`"${family.repeat(5)}…"`);
  });

  it('stay complete up to the limit', () => {
    const { text } = shipped.renderMail(invite({ senderDisplayName: 'a'.repeat(20), roomName: 'b'.repeat(30) }));
    expect(text).toContain(`${'a'.repeat(20)} (`);
    expect(text).toContain(`"${'b'.repeat(30)}"`);
  });

  it.each([
    ['a line break', 'Alice\r\nBcc: eve@example.org', 'Alice Bcc: eve@ex'],
    ['a line separator', 'Alice\u2028Bob', 'Alice Bob'],
    ['control characters', 'Alice\0\u001b[31m', 'Alice [31m'],
    ['a character that changes the direction', 'Alice\u202egro.elpmaxe', 'Alicegro.elpmaxe'],
  ])('stay on one line with %s', (_case, senderDisplayName, shown) => {
    const { subject, text } = shipped.renderMail(invite({ senderDisplayName }));
    expect(subject).toContain(shown.slice(0, 19));
    expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\u202e]/u);
    expect(text).toContain(`\n\n${shown.slice(0, 19)}`);
  });

  it.each(['sender', 'senderDisplayName', 'roomName', 'roomAlias'] as const)('are escaped in HTML as %s', (field) => {
    const hostile = '<a href="//evil">"&\'{{';
    const details = { roomName: undefined, [field]: hostile };
    const mail = shipped.renderMail(invite(details));
    expect(mail.html).not.toContain('<a href="//evil');
    expect(mail.html).not.toContain('"&\'');
    expect(mail.html).toContain('&lt;a href=&quot;//evil');
    expect(mail.text).toContain('<a href="//evil">');
  });

  it('are not evaluated as templates', () => {
    expect(shipped.renderMail(invite({ roomName: '{{ 6 * 7 }}' })).text).toContain('"{{ 6 * 7 }}"');
  });

  it('may be missing', () => {
    const missing = { senderDisplayName: undefined, roomName: undefined };
    expect(shipped.renderMail(invite(missing)).subject).toBe('@alice:example.org invites you to a chat on Matrix');
    expect(shipped.renderMail(invite({ ...missing, roomType: 'm.space' })).subject).toContain('a space on Matrix');
    expect(shipped.renderMail(invite({ ...missing, roomAlias: '#garden:example.org' })).text).toContain('"#garden:ex');
  });

  it('may be of any length', () => {
    const mail = shipped.renderMail(
      invite({ senderDisplayName: 'z\u0300'.repeat(500_000), roomName: '\ud800'.repeat(9) }),
    );
    expect(mail.html.length).toBeLessThan(20_000);
    expect(mail.subject.isWellFormed()).toBe(true);
  });
});

describe('the language of a message', () => {
  it.each([
    ['de', 'de'],
    ['de-CH,en;q=0.5', 'de'],
    ['DE-at', 'de'],
    ['it,de;q=0.3,en;q=0.2', 'de'],
    ['fr-CA, en;q=0.8', 'fr'],
    ['uk-UA,uk;q=0.9,ru;q=0.8', 'uk'],
    ['es-419', 'es'],
    ['en;q=0.2, de;q=0.9', 'de'],
    ['de;q=0,en', 'en'],
    ['it', 'en'],
    ['*', 'en'],
    ['', 'en'],
    ['../../etc', 'en'],
    ['de;q=x', 'en'],
  ])('for the header %j is %s', (acceptLanguage, language) => {
    expect(shipped.renderMail(validation(reading(acceptLanguage))).language).toBe(language);
  });

  it('is the default one if the header names too many', () => {
    expect(shipped.renderMail(validation(reading(`${'x-'.repeat(50_000)}de`))).language).toBe('en');
  });

  it('is the configured default if no requested one exists, and English if that does not exist either', () => {
    const inWords = (language: string) =>
      new Templates({ brand: 'islet', language, serverName: 'x' }).renderMail(validation(reading('it'))).language;
    expect(inWords('de')).toBe('de');
    expect(inWords('de-CH')).toBe('de');
    expect(inWords('tlh')).toBe('en');
  });
});

describe('a link in a mail', () => {
  it.each([
    ['acme', 'acme'],
    ['a/../b?', null],
    ['x'.repeat(65), null],
    [undefined, null],
  ])('has the brand %j as %j, so that its page has the same brand', (brand, carried) => {
    const { config } = loadConfig({ env: {}, cwd: '/' });
    const session = { threepid: email('alice@example.org'), sid: '1', clientSecret: 'x', token: 't' };
    const { linkOf } = domainOptions(config, []).sessions;
    const link = new URL(linkOf(session as ValidationSession, { brand, acceptLanguage: undefined }));
    expect(link.searchParams.get('brand')).toBe(carried);
    expect(link.searchParams.get('token')).toBe('t');
  });
});

describe('a template directory', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'islet-templates-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  };

  const open = (options: Partial<TemplateOptions> = {}) =>
    new Templates({ directory, brand: 'islet', language: 'en', serverName: 'id.example.org', ...options });

  it('replaces a shipped file and keeps the others', () => {
    write('islet/en/mail/validation.subject.njk', 'Hello from {{ serverName }}');
    const mail = open().renderMail(validation());
    expect(mail.subject).toBe('Hello from id.example.org');
    expect(mail.text).toBe(shipped.renderMail(validation()).text);
  });

  it('defines a brand with a name and a colour', () => {
    write('acme/brand.yaml', 'name: ACME & Sons\naccent: "#aa0000"\n');
    const templates = open({ brand: 'acme' });
    expect(templates.renderMail(validation(reading('de'))).html).toContain('ACME &amp; Sons');
    expect(templates.renderMail(validation(reading('de'))).language).toBe('de');
    expect(templates.renderPage('failed', samplePages.failed, noPreferences).html).toContain('--accent: #aa0000');
    expect(checkTemplates(templates)).toEqual([]);
  });

  it('is checked for conditions that Nunjucks does not evaluate as Jinja does', () => {
    write(
      'islet/en/mail/invite.txt.njk',
      '{%- if others -%}{% for x in others if x.isSpace %}{{ x.link }}{% endfor %}{% endif %}\n{% if not others%}-{% endif %}',
    );
    expect(checkTemplates(open())).toEqual([
      'islet/en/mail/invite.txt.njk: "if others": an empty list is true; write others.length',
      'islet/en/mail/invite.txt.njk: "for x in others if x.isSpace": the condition is evaluated once, before the loop; write {% if %} inside the loop',
      'islet/en/mail/invite.txt.njk: "if not others": an empty list is true; write others.length',
    ]);
  });

  it('may choose the list of a loop by a condition', () => {
    write('islet/en/mail/invite.txt.njk', '{% for x in others if isSpace else [] %}{{ x.link }}{% endfor %}');
    expect(checkTemplates(open())).toEqual([]);
  });

  it('gives a brand its own layout around the shipped texts', () => {
    write('acme/page.html.njk', '<html>{{ heading }}: {% block body %}{% endblock %} {{ brand.imprint }}</html>');
    write('acme/brand.yaml', 'imprint: ACME, 1 Main Street\n');
    const { html } = open().renderPage('expired', samplePages.expired, reading('de', 'acme'));
    expect(html).toMatch(/^<html>Dieser Link ist abgelaufen: [^]* ACME, 1 Main Street<\/html>/);
  });

  it('has texts of a brand in the languages of that brand, with shipped texts for the rest', () => {
    write('acme/it/mail/validation.txt.njk', 'Buongiorno {{ token }}');
    const templates = open();
    const mail = templates.renderMail(validation(reading('de', 'acme')));
    expect(mail).toMatchObject({ language: 'it', text: 'Buongiorno 123456\n', subject: 'Confirm your email address' });
    expect(templates.renderMail(invite({}, reading('de', 'acme'))).language).toBe('de');
  });

  it('has a language of a brand for recipients whose languages do not exist', () => {
    write('acme/brand.yaml', 'name: ACME\nlanguage: fr\n');
    const language = (acceptLanguage: string, brand: string) =>
      open({ language: 'de' }).renderMail(validation(reading(acceptLanguage, brand))).language;
    expect(language('', 'acme')).toBe('fr');
    expect(language('es', 'acme')).toBe('es');
    expect(language('', 'islet')).toBe('de');
  });

  it('has a brand for the users of a homeserver, unless the request names an existing one', () => {
    write('acme/brand.yaml', 'name: ACME');
    write('blue/brand.yaml', 'name: Blue');
    const templates = open({ brands: { 'example.org': 'acme' } });
    expect(templates.brandFor(undefined, 'example.org')).toBe('acme');
    expect(templates.brandFor('nosuch', 'example.org')).toBe('acme');
    expect(templates.brandFor('blue', 'example.org')).toBe('blue');
    expect(templates.brandFor(undefined, 'example.net')).toBeUndefined();
    expect(templates.brandFor(undefined, 'toString')).toBeUndefined();
    expect(templates.brandFor('blue', undefined)).toBe('blue');
  });

  it('supports right-to-left languages', () => {
    write('islet/ar/page/failed.html.njk', '{% extends "page.html.njk" %}{% set heading = "x" %}');
    expect(open().renderPage('failed', samplePages.failed, reading('ar')).html).toContain('<html lang="ar" dir="rtl">');
  });

  it('may consist of symbolic links, like a mounted volume', () => {
    write('..data/subject', 'linked');
    mkdirSync(join(directory, 'islet/en/mail'), { recursive: true });
    symlinkSync(join(directory, '..data/subject'), join(directory, 'islet/en/mail/validation.subject.njk'));
    const templates = open();
    expect(templates.brands).toEqual(['islet']);
    expect(templates.renderMail(validation()).subject).toBe('linked');
  });

  it.each(['nosuch', '..', '.', '', 'islet/../islet', '../../etc', 'ISLET', '__proto__', 'acme\0'])(
    'is not left by a request for brand %j',
    (brand) => {
      write('acme/en/mail/validation.subject.njk', 'acme');
      expect(open().renderMail(validation(reading('en', brand))).subject).toBe('Confirm your email address');
    },
  );

  it('with a missing variable is reported with the template and the position', () => {
    write('islet/en/page/failed.html.njk', '{{ nosuch }}');
    const problems = checkTemplates(open());
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^islet\/en\/page\/failed: .*failed\.html\.njk/s);
  });

  it('is checked by islet templates check, with a line per problem and an exit code', () => {
    const check = (isJson = false) => {
      const printed: string[] = [];
      const config = { server: { name: 'x' }, templates: { directory, brand: 'islet', language: 'en' } };
      const print = (text: string) => void printed.push(text);
      return {
        code: templatesCheck(config as unknown as Config, { isJson, style: plainStyle, print }),
        text: printed[0],
      };
    };
    expect(check()).toEqual({ code: 0, text: 'islet: fine in de, en, es, fr, ru, uk' });
    write('acme/brand.yaml', 'name: ACME');
    write('acme/page.html.njk', '{{ brand.imprint }}');
    const { code, text } = check();
    expect(code).toBe(1);
    expect(text?.split('\n')).toHaveLength(6 * 4);
    expect(text).toMatch(/^acme\/de\/page\/confirm: .*confirm\.html\.njk/);
    write('acme/brand.yaml', 'name: ACME\nimprint: Main Street');
    expect(JSON.parse(check(true).text ?? '')).toMatchObject({
      isFine: true,
      problems: [],
      brands: [{ name: 'acme' }, {}],
    });
  });

  it('is also checked with optional variables missing', () => {
    write('islet/en/mail/invite.txt.njk', '{% if roomName %}{{ link }}{% else %}{{ nosuch }}{% endif %}');
    expect(checkTemplates(open())).toEqual([expect.stringMatching(/^islet\/en\/mail\/invite: /)]);
  });

  it.each<[string, string, string, Partial<TemplateOptions>, string]>([
    [
      'a brand that does not exist',
      'acme/brand.yaml',
      'name: ACME',
      { brand: 'acne' },
      'there is no template brand "acne"; there are: acme, islet',
    ],
    [
      'an invalid colour',
      'acme/brand.yaml',
      'accent: red',
      {},
      'acme/brand.yaml: accent: must be a colour like #0e7c66',
    ],
    ['an invalid language', 'acme/brand.yaml', 'language: ../x', {}, 'acme/brand.yaml: language: must be a language'],
    [
      'a brand for a homeserver that does not exist',
      'acme/brand.yaml',
      'name: ACME',
      { brands: { 'example.org': 'acne' } },
      'there is no template brand "acne"',
    ],
    ['a brand file that is not YAML', 'acme/brand.yaml', 'a: b: c', {}, 'acme/brand.yaml: '],
    ['a folder that does not exist', 'acme/brand.yaml', '', { directory: '/nonexistent/templates' }, 'ENOENT'],
  ])('is refused at once with %s', (_case, name, text, options, problem) => {
    write(name, text);
    expect(() => open(options)).toThrow(problem);
  });
});
