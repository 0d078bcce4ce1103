import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Templates } from '../../../../../src/adapters/messaging/templates.js';
import { importMa1sdConf, importSydentConf } from '../../../../../src/app/commands/import-conf.js';
import { parseMimeTemplate } from '../../../../../src/app/commands/importing/templates/mime-template.js';
import {
  braceTokens,
  jinjaTokens,
  ma1sdTokens,
  percentTokens,
} from '../../../../../src/app/commands/importing/templates/tokens.js';
import { translateText } from '../../../../../src/app/commands/importing/templates/translate-text.js';
import {
  MA1SD_INVITE,
  SYDENT_INVITE,
  SYDENT_SMS,
  SYDENT_VALIDATION,
} from '../../../../../src/app/commands/importing/templates/vocabularies.js';
import { plainStyle } from '../../../../../src/app/commands/terminal-style.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'islet-templates-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const put = (files: Readonly<Record<string, string>>) => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
};
const tools = () => {
  const printed: string[] = [];
  return { printed, print: (text: string) => void printed.push(text), style: plainStyle, cwd: folder };
};

const invite = {
  kind: 'invite',
  link: 'https://app.example.org/#/room/!a:b?email=c&token=d',
  invite: {
    sender: '@alice:example.org',
    senderDisplayName: 'Alice <b>',
    roomName: 'Tea & Cake',
    roomAlias: undefined,
    roomAvatarUrl: undefined,
    roomType: undefined,
  },
  preferences: { brand: 'acme', acceptLanguage: undefined },
} as const;
const validation = {
  kind: 'validation',
  token: 'k7Jq2m',
  link: 'https://id.example.org/submit?sid=1&token=k7Jq2m',
  preferences: { brand: 'acme', acceptLanguage: undefined },
} as const;

const eml = (subject: string, text: string, html: string) => `Date: %(date)s
From: %(from)s
To: %(to)s
Subject: ${subject}
X-Mailer: acme
Content-Type: multipart/alternative;
    boundary="%(multipart_boundary)s"

--%(multipart_boundary)s
Content-Type: text/plain; charset=UTF-8

${text}

--%(multipart_boundary)s
Content-Type: text/html; charset=UTF-8

${html}

--%(multipart_boundary)s--
`;

describe('templates of Sydent', () => {
  it('with percent signs are converted to templates with the same text, escaped, with the link of Islet', async () => {
    put({
      'sydent.conf': `[general]\nserver.name = id.example.org\ntemplates.path = res\nbrand.default = acme\n[sms]\nbodyTemplate = {token} is your code
[email]\nemail.subject = Please confirm\nemail.invite.subject = %(sender_display_name)s asks you in\nemail.invite.subject_space = %(sender_display_name)s asks you into a space`,
      'res/acme/invite_template.eml': eml(
        '%(subject_header_value)s',
        'Hi %(to)s,\n%(sender_display_name)s %(bracketed_verified_sender)sinvites you %(bracketed_room_name)sat 100%%.\n%(web_client_location)s/#/room/%(room_id_forurl)s?email=%(to_forurl)s&k=%(ephemeral_private_key)s',
        '<p title="{{x}}">%(sender_display_name_forhtml)s</p><a href="%(web_client_location)s/#/room/%(room_id_forurl)s?k=%(ephemeral_private_key)s">%(room_name_forhtml)s</a>',
      ),
      'res/acme/verification_template.eml': eml(
        'Old subject',
        'Open %(link)s or type %(token)s (%(ipaddress)s)',
        '<a href="%(link)s">ok</a>',
      ),
      'res/acme/verify_response_template.html': '<html><body onload="x()"><p>%(message)s</p></body></html>',
    });
    const { printed, ...rest } = tools();
    const options = { output: 'islet.yaml', templates: 'own-templates' };
    expect(await importSydentConf('sydent.conf', options, rest)).toBe(0);
    const report = printed.join('\n');
    expect(report).toContain('verification_template.eml, line 12: %(ipaddress)s has no place, and is left out');
    expect(report).toContain('invite_template.eml, line 12: %(to)s has no place');
    expect(report).toContain('the header x-mailer has no place');
    expect(report).toContain('verify_response_template.html, line 1: onload= has no effect');
    const written = readFileSync(join(folder, 'islet.yaml'), 'utf8');
    expect(written).toMatch(/^templates:\n( +#.*\n)* +directory: .*own-templates$/m);
    expect(written).toMatch(/^ +brand: acme$/m);

    const templates = new Templates({
      directory: join(folder, 'own-templates'),
      brand: 'acme',
      language: 'en',
      serverName: 'id.example.org',
    });
    const mail = templates.renderMail(invite);
    expect(mail.subject).toBe('Alice <b> asks you in');
    expect(mail.text).toContain(
      'Hi ,\nAlice <b> (@alice:example.org) invites you (Tea & Cake) at 100%.\nhttps://app.example.org/#/room/!a:b?email=c&token=d',
    );
    expect(mail.html).toContain(
      '<p title="{{x}}">Alice &lt;b&gt;</p><a href="https://app.example.org/#/room/!a:b?email=c&amp;token=d">Tea &amp; Cake</a>',
    );
    expect(templates.renderMail({ ...invite, invite: { ...invite.invite, roomType: 'm.space' } }).subject).toContain(
      'into a space',
    );
    expect(templates.renderMail(validation)).toMatchObject({
      subject: 'Please confirm',
      text: expect.stringContaining('Open https://id.example.org/submit?sid=1&token=k7Jq2m or type k7Jq2m ()'),
    });
    expect(templates.renderSms({ ...validation })).toBe('k7Jq2m is your code');
    const page = templates.renderPage('failed', { medium: 'email' }, { brand: 'acme', acceptLanguage: undefined });
    expect(page.html).toContain('<p>This link does not work.');
    expect(await importSydentConf('sydent.conf', options, rest)).toBe(1);
  });

  it('in Jinja keep their conditions, and are left out if they use other features', () => {
    const jinja = (text: string) => translateText(jinjaTokens(text, 1), SYDENT_INVITE);
    expect(
      jinja(
        '{# note #}{% if room_type == "m.space" %}space{%- elif room_name and not sender %}{{ room_name|safe }}{% else %}{{ sender | urlencode }}{% endif %}',
      ),
    ).toEqual({
      text: '{% if ("m.space" if isSpace else "") == "m.space" %}space{%- elif (roomName) and not (sender) %}{{ roomName }}{% else %}{{ (sender) | urlencode }}{% endif %}',
      notes: [],
    });
    expect(
      jinja(
        '<a href="{{ web_client_location }}/#/room/{{ room_id|urlencode }}?k={{ ephemeral_private_key }}{% if room_type %}&t={{ room_type }}{% endif %}">',
      ),
    ).toEqual({
      text: '<a href="{{ link }}">',
      notes: ['line 1: the link is one of Islet now'],
    });
    expect(jinja('a\n{% for x in rooms %}{% endfor %}')).toEqual({
      text: undefined,
      notes: [
        'line 2: {% for x in rooms %} cannot be translated, and so the file is left out',
        'line 2: {% endfor %} cannot be translated, and so the file is left out',
      ],
    });
    expect(jinja('a {{ room_name.upper() }} {{ unknown }}').notes).toEqual([
      'line 1: {{ room_name.upper() }} is not understood, and left out',
      'line 1: {{ unknown }} has no place, and is left out',
    ]);
  });

  it('are read in linear time, whatever they contain', () => {
    for (const text of ['{{', '{%', '{#', '%(', '%%(', '(((', '%A', '{', '=', '--b\n', '<a href="'].map((piece) =>
      piece.repeat(20_000),
    )) {
      for (const tokenize of [percentTokens, jinjaTokens, ma1sdTokens, braceTokens])
        expect(translateText(tokenize(text.slice(0, 20_000), 1), SYDENT_SMS).notes.length).toBeGreaterThanOrEqual(0);
      parseMimeTemplate(`Content-Type: multipart/x; boundary=b\n\n${text.slice(0, 20_000)}`);
    }
    expect(translateText(percentTokens('a{%(token)s}', 1), SYDENT_VALIDATION).text).toBe('a{{ "{" }}{{ token }}}');
    expect(translateText(percentTokens('%(constructor)s', 1), SYDENT_VALIDATION).text).toBe('');
  });
});

describe('templates of ma1sd', () => {
  it('are translated part by part, also nested and encoded ones', async () => {
    put({
      'ma1sd.yaml': `matrix: { domain: example.org }
threepid: { medium: { email: { generators: { template: { invite: in.eml, session: { validation: check.eml } } } }, msisdn: { generators: { template: { session: { validation: 'classpath:x' } } } } } }
view: { session: { onTokenSubmit: { success: ok.html, failure: none.html } } }`,
      'in.eml': `Subject: Come to %DOMAIN%
Content-Type: multipart/alternative; boundary="one"

--one
Content-Type: text/plain
Content-Transfer-Encoding: quoted-printable

%SENDER_NAME_OR_ID% l=C3=A4dt =
ein: %REGISTER_URL%/#/register
--one
Content-Type: multipart/related; boundary="two"

--two
Content-Type: text/html

<b>%ROOM_NAME_OR_ID%</b> %INVITE_ADDRESS%
--two
Content-Type: image/png

AAAA
--two--
--one--
`,
      'check.eml': 'Subject: Code\n\n5 < 6: %VALIDATION_LINK%',
      'ok.html': '<html><body>Done</body></html>',
    });
    const { printed, ...rest } = tools();
    const options = { output: 'islet.yaml', templates: 't', language: 'de' };
    expect(await importMa1sdConf('ma1sd.yaml', options, rest)).toBe(0);
    const report = printed.join('\n');
    expect(report).toContain('in.eml, line 20: a part of the type image/png is left out');
    expect(report).toContain('in.eml, line 16: %INVITE_ADDRESS% has no place');
    expect(report).toContain('none.html cannot be read');
    const templates = new Templates({
      directory: join(folder, 't'),
      brand: 'own',
      language: 'en',
      serverName: 'id.example.org',
    });
    const mail = templates.renderMail({ ...invite, preferences: { brand: 'own', acceptLanguage: undefined } });
    expect(mail).toMatchObject({
      language: 'de',
      subject: 'Come to id.example.org',
      text: expect.stringContaining('Alice <b> lädt ein: https://app.example.org/#/room/!a:b?email=c&token=d'),
      html: expect.stringContaining('<b>Tea &amp; Cake</b>'),
    });
    const check = templates.renderMail({ ...validation, preferences: { brand: 'own', acceptLanguage: undefined } });
    expect(check.html).toContain(
      'white-space: pre-wrap">5 &lt; 6: https://id.example.org/submit?sid=1&amp;token=k7Jq2m',
    );
    expect(translateText(ma1sdTokens('100%% %SENDER_ID_URL_ENCODED%', 1), MA1SD_INVITE).text).toBe(
      '100%% {{ (sender) | urlencode }}',
    );
  });
});
