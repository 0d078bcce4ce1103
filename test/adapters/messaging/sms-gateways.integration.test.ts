import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsoleGateway } from '../../../src/adapters/messaging/sms/console-gateway.js';
import type { SmsGateway } from '../../../src/adapters/messaging/sms/gateway.js';
import { HttpGateway, type HttpGatewayOptions } from '../../../src/adapters/messaging/sms/http-gateway.js';
import { OpenMarketGateway } from '../../../src/adapters/messaging/sms/open-market-gateway.js';
import { originatorFor, parseOriginator } from '../../../src/adapters/messaging/sms/originators.js';
import { SmsSender, type SmsOptions } from '../../../src/adapters/messaging/sms/sms-sender.js';
import { Templates } from '../../../src/adapters/messaging/templates.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { msisdn } from '../../../src/domain/identifiers/threepid.js';
import type { DeliveryError } from '../../../src/ports/message-sender.js';
import type { Telemetry } from '../../../src/ports/telemetry.js';
import { messageSenderContract } from '../../contracts/message-sender.contract.js';
import { startStandIn, type StandIn } from '../../support/stand-in.js';

const templates = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
const http = new AxiosHttpClient();
const number = '447700900123';
const preferences = { brand: undefined, acceptLanguage: undefined };
const code = { kind: 'validation', token: '271828', link: 'https://id.example.org/v', preferences } as const;

/** A request that a gateway received. */
interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (response: ServerResponse) => void;

const say =
  (status: number, body = '', headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body);

const open: StandIn[] = [];
let warnings: string[];
let telemetry: Telemetry;

beforeEach(() => {
  warnings = [];
  const tell = (...words: unknown[]) =>
    void warnings.push(words.map((word) => (word instanceof Error ? word.message : JSON.stringify(word))).join(' '));
  telemetry = { debug: tell, info: tell, warn: tell, error: tell, count: tell, observe: tell };
});

afterEach(async () => {
  for (const resource of open.splice(0)) await resource.close();
});

async function gatewayServer(first: Answer) {
  const asked: Asked[] = [];
  const state = { answer: first };
  const server = await startStandIn((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      state.answer(response);
    });
  });
  open.push(server);
  return { url: server.url, asked, state };
}

const httpGateway = (url: string, options: Partial<HttpGatewayOptions> = {}) =>
  new HttpGateway(
    {
      method: 'POST',
      url,
      headers: {},
      body: '{"to":"+{{number}}","text":"{{text}}"}',
      timeLimitMs: 2_000,
      ...options,
    },
    http,
  );

const senderOver = (gateways: readonly SmsGateway[], options: Partial<SmsOptions> = {}) =>
  new SmsSender({ gateways, originators: {}, ...options }, templates, telemetry);

const failureOf = (sending: Promise<unknown>): Promise<DeliveryError> =>
  sending.then(
    () => expect.fail('it was sent'),
    (error: DeliveryError) => error,
  );

describe('SmsSender', () => {
  messageSenderContract(async () => {
    const accepted: string[] = [];
    let mode: 'accept' | 'refuse' | 'stall' = 'accept';
    const server = await startStandIn((request, response) => {
      if (mode === 'stall') return;
      if (mode === 'refuse') return void response.writeHead(400).end(`+${number} 271828 is bad`);
      request.toArray().then(
        (chunks) => {
          accepted.push(Buffer.concat(chunks as Buffer[]).toString());
          response.end();
        },
        () => response.destroy(),
      );
    });
    return {
      sender: senderOver([httpGateway(`${server.url}/send?n={{number}}`)]),
      to: msisdn(number),
      accepted: () => accepted,
      refuse: (isOn) => void (mode = isOn ? 'refuse' : 'accept'),
      stall: (isOn) => void (mode = isOn ? 'stall' : 'accept'),
      close: () => server.close(),
    };
  });

  it('sends in the language of the recipient', async () => {
    const shown: string[] = [];
    const gateway = new ConsoleGateway({ write: (text) => shown.push(text) });
    const german = { ...code, preferences: { brand: undefined, acceptLanguage: 'de' } };
    await senderOver([gateway]).send(msisdn(number), german);
    expect(shown).toEqual([
      expect.stringMatching(/^Text message from Matrix to \+447700900123: 271828 ist Ihr Code.*\n$/),
    ]);
  });

  it('refuses destinations that are not allowed, before it uses a gateway', async () => {
    const gateway = await gatewayServer(say(200));
    const send = (to: string, destinations: SmsOptions['destinations']) =>
      senderOver([httpGateway(gateway.url)], { destinations }).send(msisdn(to), code);
    await expect(send('447700900123', { 44: 'reject' })).rejects.toMatchObject({ code: 'destination_rejected' });
    await expect(send('447700900123', { default: 'reject', 49: 'allow' })).rejects.toMatchObject({
      code: 'destination_rejected',
    });
    await expect(send('12425550123', { 1: 'allow', 1242: 'reject' })).rejects.toMatchObject({
      code: 'destination_rejected',
    });
    expect(gateway.asked).toEqual([]);
    await send('492215550123', { default: 'reject', 49: 'allow' });
    await send('12125550123', { 1: 'allow', 1242: 'reject' });
    await send('447700900123', {});
    expect(gateway.asked).toHaveLength(3);
  });

  it('sends no invitations', async () => {
    const invite = { sender: '@a:b', senderDisplayName: undefined, roomName: undefined, roomAlias: undefined };
    const message = { ...invite, roomAvatarUrl: undefined, roomType: undefined };
    const sending = senderOver([]).send(msisdn(number), { kind: 'invite', link: 'x', invite: message, preferences });
    expect(await failureOf(sending)).toMatchObject({ isFinal: true });
  });

  it('logs the result, but not the recipient or the text', async () => {
    const gateway = await gatewayServer(say(202, '', { location: '/sms/v4/mt/ticket-7' }));
    const options = { url: gateway.url, username: 'u', password: new RotatingSecret('pass'), timeLimitMs: 2_000 };
    await senderOver([new OpenMarketGateway(options, http)]).send(msisdn(number), code);
    gateway.state.answer = say(400, '{"error":"No source 12125552368 for +44 7700 900-123"}');
    await failureOf(senderOver([new OpenMarketGateway(options, http)]).send(msisdn(number), code));
    expect(warnings).toEqual([
      '"text_messages" {"gateway":"OpenMarket","outcome":"accepted"}',
      '"text message accepted" {"event":"text_message_accepted","gateway":"text message gateway OpenMarket","reference":"ticket-7"}',
      '"text_messages" {"gateway":"OpenMarket","outcome":"failed"}',
      expect.stringMatching(
        /^"text message not accepted" .* text message gateway OpenMarket: answered 400 \(\{"error":"No source <number> for \+<number>"\}\)$/,
      ),
    ]);
  });
});

describe('the next gateway', () => {
  const certain: [string, Answer][] = [
    ['a refusal', say(400)],
    ['a limit', say(429)],
    ['a redirect', say(302, '', { location: 'http://127.0.0.1:1/' })],
    ['unavailability', say(503)],
    ['a success that is none', say(200, '{"status":"error"}')],
  ];

  it.each(certain)('is used after %s', async (_case, answer) => {
    const first = await gatewayServer(answer);
    const second = await gatewayServer(say(200, 'ok'));
    const success = { body: /ok/ };
    await senderOver([httpGateway(first.url, { success }), httpGateway(second.url, { success })]).send(
      msisdn(number),
      code,
    );
    expect([first.asked.length, second.asked.length]).toEqual([1, 1]);
  });

  it('is used if the first one is not running or not trusted', async () => {
    const gone = await gatewayServer(say(200));
    await open.pop()?.close();
    const second = await gatewayServer(say(200));
    await senderOver([httpGateway(gone.url), httpGateway(second.url)]).send(msisdn(number), code);
    expect(second.asked).toHaveLength(1);
  });

  const uncertain: [string, Answer][] = [
    ['silence', () => undefined],
    [
      'an answer cut short',
      (response) => void response.writeHead(200, { 'content-length': '10' }).write('x', () => response.destroy()),
    ],
    ['a closed connection', (response) => void response.destroy()],
    ['a fault', say(500)],
    ['a fault further on', say(502)],
    ['a wait too long for a proxy', say(504)],
    ['an endless answer', say(200, 'x'.repeat(100_000))],
  ];

  it.each(uncertain)('is not used after %s: the message may have been accepted', async (_case, answer) => {
    const first = await gatewayServer(answer);
    const second = await gatewayServer(say(200));
    const error = await failureOf(
      senderOver([httpGateway(first.url), httpGateway(second.url)]).send(msisdn(number), code),
    );
    expect(error.message).toMatch(/^text message gateway 127\.0\.0\.1:\d+: /);
    expect(second.asked).toEqual([]);
  });
});

describe('HttpGateway', () => {
  const sms = { number, originator: { kind: 'alpha', text: 'A & "B"' }, text: 'say "{{number}}" & <5% \\ ü' } as const;

  it('replaces placeholders in JSON', async () => {
    const gateway = await gatewayServer(say(200));
    const body = '{"to":"+{{number}}","from":"{{originator}}","text":"{{text}}"}';
    await httpGateway(gateway.url, { body, headers: { authorization: 'Bearer t' } }).send(sms);
    const [asked] = gateway.asked;
    expect(JSON.parse(asked!.body)).toEqual({ to: '+447700900123', from: 'A & "B"', text: sms.text });
    expect(asked!.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer t' });
  });

  it('replaces placeholders in a form', async () => {
    const gateway = await gatewayServer(say(200));
    await httpGateway(gateway.url, { body: 'to={{number}}&from={{originator}}&text={{text}}' }).send(sms);
    const [asked] = gateway.asked;
    expect(Object.fromEntries(new URLSearchParams(asked!.body))).toEqual({
      to: number,
      from: 'A & "B"',
      text: sms.text,
    });
    expect(asked!.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  it('replaces placeholders in XML', async () => {
    const gateway = await gatewayServer(say(200));
    const headers = { 'Content-Type': 'text/xml; charset=utf-8' };
    await httpGateway(gateway.url, { body: '<sms>{{text}}</sms>', headers }).send(sms);
    expect(gateway.asked[0]!.body).toBe('<sms>say &#34;{{number}}&#34; &#38; &#60;5% \\ ü</sms>');
    expect(gateway.asked[0]!.headers['content-type']).toBe('text/xml; charset=utf-8');
  });

  it('replaces placeholders in the URL', async () => {
    const gateway = await gatewayServer(say(200));
    const url = `${gateway.url}/send/{{number}}?text={{text}}`;
    await httpGateway(url, { method: 'GET', body: undefined }).send(sms);
    const [asked] = gateway.asked;
    expect(asked).toMatchObject({ method: 'GET', body: '' });
    const { pathname, searchParams } = new URL(asked!.url!, gateway.url);
    expect(pathname).toBe(`/send/${number}`);
    expect(searchParams.get('text')).toBe(sms.text);
  });

  it('recognises a success by the configured rule', async () => {
    const gateway = await gatewayServer(say(201, 'QUEUED 1'));
    const send = (success: HttpGatewayOptions['success']) => httpGateway(gateway.url, success && { success }).send(sms);
    await send(undefined);
    await send({ statuses: [200, 201] });
    await send({ body: /^QUEUED/ });
    await expect(send({ statuses: [200] })).rejects.toThrow('answered 201');
    await expect(send({ body: /^SENT/ })).rejects.toThrow('answered 201, but the answer does not match');
  });

  it.each([
    ['an unknown placeholder', { body: '{{nummer}}' }, '{{nummer}} is not a known placeholder'],
    ['an invalid URL', { url: 'sms.example.org/send' }, 'Invalid URL'],
  ])('is refused at once with %s', (_case, options, problem) => {
    expect(() => httpGateway('https://sms.example.org', options)).toThrow(problem);
  });
});

describe('OpenMarketGateway', () => {
  it.each([
    ['long', '12125552368', 1],
    ['short', '12345', 3],
    ['alpha', 'Matrix', 5],
  ] as const)('sends requests according to its API, from a %s originator', async (kind, text, ton) => {
    const gateway = await gatewayServer(say(202, '', { location: 'https://sms.example.org/v4/mt/abc-1' }));
    const options = {
      url: `${gateway.url}/sms/v4/mt`,
      username: 'user',
      password: new RotatingSecret('pass'),
      timeLimitMs: 2_000,
    };
    const sms = { number, originator: { kind, text }, text: '"1" is your code' };
    expect(await new OpenMarketGateway(options, http).send(sms)).toBe('abc-1');
    const [asked] = gateway.asked;
    expect(asked).toMatchObject({ method: 'POST', url: '/sms/v4/mt' });
    expect(asked!.headers).toMatchObject({ authorization: 'Basic dXNlcjpwYXNz', 'content-type': 'application/json' });
    expect(JSON.parse(asked!.body)).toEqual({
      mobileTerminate: {
        message: { content: '"1" is your code', type: 'text' },
        destination: { address: number },
        source: { ton, address: text },
      },
    });
  });
});

describe('originators', () => {
  const long = (text: string) => ({ kind: 'long', text }) as const;
  const originators = {
    1: [long('12125552368'), long('12125552369')],
    44: [long('4412345')],
    default: [long('99999')],
  };

  it('are chosen by the sum of the digits, so that one number always has the same originator', () => {
    expect(originatorFor('12125550000', originators)).toEqual(long('12125552369'));
    expect(originatorFor('12125550001', originators)).toEqual(long('12125552368'));
    expect(originatorFor('12125550000', originators)).toEqual(long('12125552369'));
    expect(originatorFor('447700900123', originators)).toEqual(long('4412345'));
    expect(originatorFor('492215550123', originators)).toEqual(long('99999'));
    expect(originatorFor('492215550123', { 44: originators[44] })).toBeUndefined();
  });

  it('may contain letters', async () => {
    const shown: string[] = [];
    const gateway = new ConsoleGateway({ write: (text) => shown.push(text) });
    const originators = { default: [{ kind: 'alpha', text: 'ACME' } as const] };
    await senderOver([gateway], { originators }).send(msisdn(number), code);
    expect(shown[0]).toContain('from ACME to');
  });

  it.each([
    ['long:12125552368', long('12125552368')],
    ['short:12345', { kind: 'short', text: '12345' }],
    ['alpha:Matrix', { kind: 'alpha', text: 'Matrix' }],
    ['long:+12125552368', undefined],
    ['alpha:Much too long a name', undefined],
    ['alpha:', undefined],
    ['12345', undefined],
    ['huge:12345', undefined],
  ])('are parsed or refused: %s', (written, originator) => {
    expect(parseOriginator(written)).toEqual(originator);
  });
});
