import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Sms } from '../../../src/adapters/messaging/sms/gateway.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { SmppGateway } from '../../../src/adapters/messaging/sms/smpp-gateway.js';
import { SmsSender } from '../../../src/adapters/messaging/sms/sms-sender.js';
import { Templates } from '../../../src/adapters/messaging/templates.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { msisdn } from '../../../src/domain/identifiers/threepid.js';
import type { DeliveryError } from '../../../src/ports/message-sender.js';
import { messageSenderContract } from '../../contracts/message-sender.contract.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/ports.js';
import { type Behaviour, startMessageCentre } from '../../support/smpp.js';
import { createAuthority } from '../../support/tls.js';

const { ca, certificates } = createAuthority({ smsc: ['127.0.0.1'] });
const password = 'pa55word';
const number = '447700900123';
const telemetry = new RecordingTelemetry();
const templates = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });
const code = {
  kind: 'validation',
  token: '271828',
  link: 'https://id.example.org/v',
  preferences: { brand: undefined, acceptLanguage: undefined },
} as const;

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

async function messageCentre(behaviour: Behaviour = 'accept', certificate?: Parameters<typeof startMessageCentre>[1]) {
  const centre = await startMessageCentre(password, certificate);
  centre.state.behaviour = behaviour;
  open.push(centre);
  return centre;
}

function gatewayTo(port: number, options: Partial<ConstructorParameters<typeof SmppGateway>[0]> = {}) {
  const gateway = new SmppGateway({
    host: '127.0.0.1',
    port,
    tls: false,
    systemId: 'islet',
    password: new RotatingSecret(password),
    timeLimitMs: 2_000,
    ...options,
  });
  open.push(gateway);
  return gateway;
}

const senderOver = (...gateways: SmppGateway[]) => new SmsSender({ gateways, originators: {} }, templates, telemetry);

const sms = (text: string, originator: Sms['originator'] = { kind: 'alpha', text: 'Matrix' }): Sms => ({
  number,
  originator,
  text,
});

const failureOf = (sending: Promise<unknown>): Promise<DeliveryError> =>
  sending.then(
    () => expect.fail('it was sent'),
    (error: DeliveryError) => error,
  );

describe('SmppGateway', () => {
  messageSenderContract(async () => {
    const centre = await startMessageCentre(password);
    const gateway = gatewayTo(centre.port);
    return {
      sender: senderOver(gateway),
      to: msisdn(number),
      accepted: () => centre.submitted.map(({ text }) => text),
      refuse: (isOn) => void (centre.state.behaviour = isOn ? 'refuse' : 'accept'),
      stall: (isOn) => void (centre.state.behaviour = isOn ? 'ignore' : 'accept'),
      close: () => centre.close(),
    };
  });

  it('binds as a transmitter of SMPP 3.4 and returns the id of the message', async () => {
    const centre = await messageCentre();
    expect(await gatewayTo(centre.port, { systemType: 'VMA' }).send(sms('hello'))).toBe('m-1');
    expect(centre.binds).toEqual([
      expect.objectContaining({ system_id: 'islet', password, system_type: 'VMA', interface_version: 0x34 }),
    ]);
  });

  it.each([
    ['long', '12125552368', 1, 1],
    ['short', '12345', 3, 0],
    ['alpha', 'Matrix', 5, 0],
  ] as const)('sends the type of a %s originator', async (kind, text, ton, npi) => {
    const centre = await messageCentre();
    await gatewayTo(centre.port).send(sms('hello', { kind, text }));
    expect(centre.submitted[0]?.fields).toMatchObject({
      source_addr: text,
      source_addr_ton: ton,
      source_addr_npi: npi,
      destination_addr: number,
      dest_addr_ton: 1,
      dest_addr_npi: 1,
    });
  });

  it.each([
    ['Latin text in the default alphabet', 'Grüße, [5 €] à été', 0],
    ['Cyrillic text in UCS-2', '271828 — ваш код', 8],
    ['letters that the default alphabet lacks in UCS-2', 'ça', 8],
    ['an emoji in UCS-2', 'ok 👍', 8],
    ['254 octets', 'a'.repeat(254), 0],
    ['more than 254 octets as payload', 'ж'.repeat(200), 8],
    ['a long text as payload', 'b'.repeat(600), 0],
  ])('sends %s', async (_case, text, dataCoding) => {
    const centre = await messageCentre();
    await gatewayTo(centre.port).send(sms(text));
    expect(centre.submitted[0]).toMatchObject({ text, fields: { data_coding: dataCoding } });
  });

  it.each([
    ['latin1', 'für ça', 0, Buffer.from('für ça', 'latin1')],
    ['latin1', '271828 — ваш код', 8, Buffer.from('271828 — ваш код', 'utf16le').swap16()],
    ['latin1', '5 €', 8, Buffer.from('5 €', 'utf16le').swap16()],
    ['ucs2', 'hello', 8, Buffer.from('hello', 'utf16le').swap16()],
    ['gsm', 'für', 0, Buffer.from([0x66, 0x7e, 0x72])],
  ] as const)('sends to a centre whose alphabet is %s: %s', async (alphabet, text, dataCoding, octets) => {
    const centre = await messageCentre();
    await gatewayTo(centre.port, { alphabet }).send(sms(text));
    expect(centre.submitted[0]?.fields['data_coding']).toBe(dataCoding);
    expect(centre.octets[0]?.includes(octets)).toBe(true);
  });

  it('keeps its connection and opens another one when it is closed', async () => {
    const centre = await messageCentre();
    const gateway = gatewayTo(centre.port);
    await gateway.send(sms('1'));
    await gateway.send(sms('2'));
    expect(centre.binds).toHaveLength(1);
    centre.cut();
    await eventually(() => centre.sessions.size === 0);
    await eventually(() => gateway.send(sms('3')).catch(() => undefined));
    centre.unbind();
    await eventually(() => centre.sessions.size === 0);
    await eventually(() => gateway.send(sms('4')).catch(() => undefined));
    expect(centre.binds).toHaveLength(3);
    expect(centre.submitted.map(({ text }) => text)).toEqual(['1', '2', '3', '4']);
  });

  it('checks whether an idle connection still works, and closes one that does not answer', async () => {
    const centre = await messageCentre();
    await gatewayTo(centre.port, { keepAliveMs: 20, timeLimitMs: 1_000 }).send(sms('1'));
    await eventually(() => centre.state.enquiries > 1);
    expect(centre.sessions.size).toBe(1);
    centre.state.answersEnquiries = false;
    await eventually(() => centre.sessions.size === 0);
  });

  it('uses TLS, and only with a message centre whose certificate it trusts, whatever the environment variables are', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const centre = await messageCentre('accept', certificates.smsc);
    await gatewayTo(centre.port, { tls: true, ca }).send(sms('secret'));
    expect(centre.submitted.map(({ text }) => text)).toEqual(['secret']);
    const error = await failureOf(gatewayTo(centre.port, { tls: true }).send(sms('secret')));
    expect(error.reason).toBe('certificate is not trusted');
    vi.unstubAllEnvs();
    expect(centre.submitted).toHaveLength(1);
  });
});

describe('the gateway after an SMPP gateway', () => {
  const certain: [string, Behaviour, RegExp][] = [
    ['refuses the login', 'refuseBind', /refuses the login: ESME_RINVPASWD \(14\)$/],
    ['does not answer the login', 'ignoreBind', /no answer within 2 s$/],
    ['is cut before anything was submitted', 'cutAtBind', /connection (closed|broke)/],
    ['refuses the message', 'refuse', /answered ESME_RINVDSTADR \(11\)$/],
  ];

  it.each(certain)('is used if the first one %s', async (_case, behaviour, reason) => {
    const [first, second] = [await messageCentre(behaviour), await messageCentre()];
    const error = await failureOf(senderOver(gatewayTo(first.port)).send(msisdn(number), code));
    expect(error.message).toMatch(/^text message gateway 127\.0\.0\.1:\d+: /);
    expect(error.message).toMatch(reason);
    await senderOver(gatewayTo(first.port), gatewayTo(second.port)).send(msisdn(number), code);
    expect(first.submitted).toEqual([]);
    expect(second.submitted).toHaveLength(1);
  });

  it('is used if no connection to the first one can be opened', async () => {
    const second = await messageCentre();
    await senderOver(gatewayTo(await freePort()), gatewayTo(second.port)).send(msisdn(number), code);
    expect(second.submitted).toHaveLength(1);
  });

  it.each<[string, Behaviour, RegExp]>([
    ['does not answer the message', 'ignore', /no answer within 2 s$/],
    ['is cut after the message was submitted', 'cutAtSubmit', /connection (closed|broke)/],
  ])('is not used if the first one %s, so that nothing is sent twice', async (_case, behaviour, reason) => {
    const [first, second] = [await messageCentre(behaviour), await messageCentre()];
    const sender = senderOver(gatewayTo(first.port), gatewayTo(second.port));
    const error = await failureOf(sender.send(msisdn(number), code));
    expect(error.message).toMatch(reason);
    expect(error.message).not.toContain(password);
    expect(first.state.asked).toBe(1);
    expect(second.state.asked).toBe(0);
    first.state.behaviour = 'accept';
    await sender.send(msisdn(number), code);
    expect(first.submitted).toHaveLength(1);
  });
});

it.each(['throttle', 'full'] as const)(
  'a busy message centre (%s) is tried again before the next one',
  async (behaviour) => {
    const centre = await messageCentre(behaviour);
    const next = await messageCentre();
    await senderOver(gatewayTo(centre.port), gatewayTo(next.port)).send(msisdn(number), code);
    expect(centre.submitted).toHaveLength(1);
    expect(next.submitted).toHaveLength(0);
  },
);
