import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inDefaultAlphabet } from '../../../src/adapters/messaging/sms/alphabet.js';
import { SmsSender } from '../../../src/adapters/messaging/sms/sms-sender.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { Templates } from '../../../src/adapters/messaging/templates.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { loadConfig } from '../../../src/app/config/config.js';
import { openSms } from '../../../src/app/wiring/open-senders.js';
import { msisdn } from '../../../src/domain/identifiers/threepid.js';
import { eventually } from '../../support/eventually.js';
import { startKannel } from '../../support/kannel.js';
import { startMessageCentre } from '../../support/smpp.js';
import { type StandIn, startStandIn } from '../../support/stand-in.js';

const page = readFileSync(join(import.meta.dirname, '../../../docs/setup/messages.md'), 'utf8');
const templates = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
const telemetry = new RecordingTelemetry();
const text = '271828 — ваш код для Matrix (Islet). Никому его не сообщайте.';

interface Asked {
  readonly method: string | undefined;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Texts of many languages: with and without letters that the GSM alphabet lacks. */
const languages = ['en', 'de', 'fr', 'es', 'ru', 'uk'] as const;

/** The block of this name in the documentation. */
const recipe = (name: string): string => {
  const [, yaml] = new RegExp(`<!-- recipe: ${name} -->\n\`\`\`yaml\n([^]*?)\`\`\``).exec(page) ?? [];
  return yaml ?? expect.fail(`there is no recipe ${name}`);
};

describe('the recipe', () => {
  let folder: string;
  let server: StandIn;
  let answer: { status: number; body: string };
  let asked: Asked[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'islet-recipes-'));
    asked = [];
    server = await startStandIn((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url = '', headers } = request;
        asked.push({ method, url: new URL(url, server.url), headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(answer.status).end(answer.body);
      });
    });
  });

  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  /** A sender configured like this recipe, with `url` instead of its host, and further gateways. */
  async function senderOf(name: string, host: string, url: string, more = ''): Promise<SmsSender> {
    const yaml = recipe(name);
    expect(yaml).toContain(host);
    const own = yaml
      .replace(host, url)
      .replaceAll('/etc/islet/', `${folder}/`)
      .replace(/^(?= {2}originators:)/m, more);
    for (const [file] of own.matchAll(new RegExp(`${folder}/[\\w-]+`, 'g'))) writeFileSync(file, 'the secret\n');
    writeFileSync(join(folder, 'islet.yaml'), own);
    const { config } = loadConfig({ file: join(folder, 'islet.yaml'), env: {} });
    const sms = await openSms(config, new AxiosHttpClient());
    if (!sms) throw new Error('it configures no text messages');
    return new SmsSender(sms, templates, telemetry);
  }

  const code = (acceptLanguage: string) =>
    ({
      kind: 'validation',
      token: '271828',
      link: 'https://id.example.org/v',
      preferences: { brand: undefined, acceptLanguage },
    }) as const;

  /** Sends one text with this recipe to a stand-in for its host. @returns the request that the stand-in received */
  async function send(name: string, host: string, given: typeof answer, language = 'ru'): Promise<Asked> {
    answer = given;
    await (await senderOf(name, host, server.url)).send(msisdn('447700900123'), code(language));
    expect(asked).toHaveLength(1);
    return asked[0] as Asked;
  }

  it('for Twilio sends requests according to its API', async () => {
    const { method, url, headers, body } = await send('twilio', 'https://api.twilio.com', {
      status: 201,
      body: '{"sid":"SM1"}',
    });
    expect([method, url.pathname]).toEqual([
      'POST',
      '/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json',
    ]);
    expect(headers).toMatchObject({
      authorization: 'the secret',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      To: '+447700900123',
      MessagingServiceSid: 'MG0123456789abcdef0123456789abcdef',
      Body: text,
    });
  });

  it('for Vonage sends requests according to its API', async () => {
    const { method, url, headers, body } = await send('vonage', 'https://api.nexmo.com', {
      status: 202,
      body: '{"message_uuid":"1"}',
    });
    expect([method, url.pathname]).toEqual(['POST', '/v1/messages']);
    expect(headers).toMatchObject({ authorization: 'the secret', 'content-type': 'application/json' });
    expect(JSON.parse(body)).toEqual({
      channel: 'sms',
      message_type: 'text',
      to: '447700900123',
      from: 'Example',
      text,
    });
  });

  it('for a modem box sends requests according to its API', async () => {
    const { method, url, headers, body } = await send('modem', 'https://sms-box.example.org', {
      status: 200,
      body: '[{"status":"queued","message":"OK","number":"+447700900123","id":1}]',
    });
    expect([method, url.pathname]).toEqual(['POST', '/api/v2/messages/sms']);
    expect(headers).toMatchObject({ 'access-token': 'the secret', 'content-type': 'application/json' });
    expect(JSON.parse(body)).toEqual({ to: ['+447700900123'], text, encoding: 'unicode' });
  });

  it('for a modem box sends Unicode only if needed', async () => {
    const success = { status: 200, body: '[{"status":"queued"}]' };
    const { body } = await send('modem', 'https://sms-box.example.org', success, 'de');
    expect(JSON.parse(body)).toMatchObject({ text: expect.stringContaining('für'), encoding: 'standard' });
  });

  it('for Kannel sends requests according to its interface', async () => {
    const { method, url } = await send('kannel', 'http://kannel.example.org:13013', {
      status: 202,
      body: '0: Accepted for delivery',
    });
    expect([method, url.pathname]).toEqual(['GET', '/cgi-bin/sendsms']);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      username: 'islet',
      password: 'the secret',
      from: '12345',
      to: '+447700900123',
      coding: '2',
      charset: 'UTF-8',
      text,
    });
  });

  it('for Kannel sends each text to a real Kannel as one message, in the alphabet that it needs', async () => {
    const centre = await startMessageCentre('secret');
    const kannel = await startKannel({ port: centre.port, password: 'secret' });
    try {
      const sender = await senderOf('kannel', 'http://kannel.example.org:13013', kannel.url);
      await eventually(() => kannel.isOnline());
      const sent: string[] = [];
      for (const language of languages) {
        await sender.send(msisdn('447700900123'), code(language));
        sent.push(templates.renderSms(code(language)));
      }
      await eventually(() => centre.submitted.length >= sent.length);
      expect(centre.submitted.map(({ text: sentText }) => sentText)).toEqual(sent);
      expect(centre.submitted.map(({ to }) => to)).toEqual(sent.map(() => '447700900123'));
      const codings = centre.submitted.map(({ fields }) => fields['data_coding']);
      expect(codings).toEqual(sent.map((message) => (inDefaultAlphabet(message) ? 0 : 8)));
      expect(new Set(codings)).toEqual(new Set([0, 8]));
    } finally {
      await kannel.stop();
      await centre.close();
    }
  });

  it('for Kannel uses the next gateway if the real one only queues because its message centre is down', async () => {
    const centre = await startMessageCentre('secret');
    const kannel = await startKannel({ port: centre.port, password: 'secret' });
    try {
      await eventually(() => kannel.isOnline());
      await centre.close();
      await eventually(async () => !(await kannel.isOnline()));
      answer = { status: 200, body: '' };
      const more = `    - http: { method: GET, url: "${server.url}/next?text={{text}}" }\n`;
      const sender = await senderOf('kannel', 'http://kannel.example.org:13013', kannel.url, more);
      await sender.send(msisdn('447700900123'), code('en'));
      expect(asked.map(({ url }) => url.pathname)).toEqual(['/next']);
      const failures = telemetry.lines.flatMap(({ cause }) => (cause instanceof Error ? cause.message : []));
      expect(failures.at(-1)).toMatch(/answered 202, but the answer does not match the condition for success$/);
    } finally {
      await kannel.stop();
    }
  });

  it('for SMPP configures a gateway with host and port', async () => {
    const [, yaml = ''] = /### SMPP[^]*?```yaml\n([^]*?)```/.exec(page) ?? [];
    writeFileSync(join(folder, 'smpp-password'), 'the secret\n');
    writeFileSync(join(folder, 'islet.yaml'), yaml.replaceAll('/etc/islet/', `${folder}/`));
    const { config } = loadConfig({ file: join(folder, 'islet.yaml'), env: {} });
    expect(config.sms?.gateways).toEqual([
      expect.objectContaining({
        kind: 'smpp',
        host: 'smsc.example.org',
        port: 2775,
        tls: false,
        systemId: 'islet',
        password: expect.objectContaining({ value: 'the secret' }),
        timeLimitMs: 15_000,
      }),
    ]);
    expect((await openSms(config, new AxiosHttpClient()))?.gateways[0]?.name).toBe(
      'text message gateway smsc.example.org:2775',
    );
  });

  it('for SMPP requires a password, and uses the default port of TLS', () => {
    const load = (smpp: string) => {
      writeFileSync(
        join(folder, 'islet.yaml'),
        `sms: { gateways: [{ smpp: { host: smsc, systemId: islet, ${smpp} } }] }`,
      );
      return loadConfig({ file: join(folder, 'islet.yaml'), env: {} }).config.sms?.gateways[0];
    };
    expect(() => load('tls: true')).toThrow('sms.gateways[0].smpp.password: is required');
    expect(load('tls: true, password: x')).toMatchObject({ port: 3550, tls: true, alphabet: 'gsm' });
    expect(load('alphabet: latin1, password: x')).toMatchObject({ alphabet: 'latin1' });
  });

  it.each([
    ['twilio', 'https://api.twilio.com', 400, '{"code":21211}'],
    ['vonage', 'https://api.nexmo.com', 401, '{"title":"Unauthorized"}'],
    ['modem', 'https://sms-box.example.org', 200, '[{"status":"error","message":"Wrong number"}]'],
    ['kannel', 'http://kannel.example.org:13013', 403, 'Authorization failed for sendsms'],
  ])('for %s recognises a refusal', async (name, host, status, body) => {
    await expect(send(name, host, { status, body })).rejects.toThrow(`answered ${status}`);
  });
});
