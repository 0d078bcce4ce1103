import type { z } from 'zod';
import { readTls } from '../input/certificates.js';
import { omitUndefined } from '../objects.js';
import type { KeyPath } from '../errors/problems.js';
import { absolutePath, type ConfigReader } from '../input/reader.js';
import { readSecret, readSecretFile, type Secret } from '../input/secrets.js';
import type { Settings } from './settings.js';
import type { gateways } from '../schema/sms.js';

type Gateway = z.output<typeof gateways>[number];
type HttpGateway = Extract<Gateway, { kind: 'http' }>['http'];
type Smpp = Extract<Gateway, { kind: 'smpp' }>['smpp'];
type OpenMarket = Extract<Gateway, { kind: 'openmarket' }>['openmarket'];

/** How text messages are sent; `undefined` if none are sent. */
export function readSms({ sms: { gateways, originators, rules } }: Settings, reading: ConfigReader) {
  if (gateways.length === 0) return undefined;
  return { gateways: gateways.map((gateway, index) => readGateway(gateway, index, reading)), originators, rules };
}

type Kind = Gateway['kind'];
type Reader<K extends Kind> = (gateway: Extract<Gateway, { kind: K }>, at: KeyPath, reading: ConfigReader) => object;

/** The reader for each kind of gateway. A kind in the schema without a reader does not compile. */
const readers = {
  openmarket: ({ openmarket }, at, reading) => readOpenMarket(openmarket, at, reading),
  http: ({ http }, at, reading) => readHttp(http, [...at, 'http'], reading),
  smpp: ({ smpp }, at, reading) => readSmpp(smpp, [...at, 'smpp'], reading),
  console: (_gateway, _at, reading) => {
    reading.warnings.push('sms.gateways: "console" shows messages instead of sending them');
    return { kind: 'console' } as const;
  },
} satisfies { readonly [K in Kind]: Reader<K> };

type Read = ReturnType<(typeof readers)[Kind]>;

/** The table assigns the matching reader to each kind; the compiler cannot follow this through a union. */
function readGateway(gateway: Gateway, index: number, reading: ConfigReader): Read {
  const read = readers[gateway.kind] as (gateway: Gateway, at: KeyPath, reading: ConfigReader) => Read;
  return read(gateway, ['sms', 'gateways', index], reading);
}

function readOpenMarket(written: OpenMarket, at: KeyPath, reading: ConfigReader) {
  const { url, username, password, passwordFile, timeLimit } = written;
  const path = [...at, 'openmarket', 'password'];
  const secret = readSecret(reading, path, { value: password, file: passwordFile }, [...at, 'password']);
  if (!secret && !reading.problems.hasErrorAt(at)) reading.problems.add(path, 'is required', 'write passwordFile');
  return { kind: 'openmarket', url, username, password: secret ?? NO_SECRET, timeLimitMs: timeLimit } as const;
}

function readSmpp(written: Smpp, at: KeyPath, reading: ConfigReader) {
  const { host, tls, systemId, systemType, password, passwordFile, timeLimit } = written;
  const secret = readSecret(reading, [...at, 'password'], { value: password, file: passwordFile }, [
    ...at.slice(0, -1),
    'password',
  ]);
  if (!secret && !reading.problems.hasErrorAt(at)) {
    reading.problems.add([...at, 'password'], 'is required', 'write passwordFile');
  }
  if (written.caFile !== undefined && !tls)
    reading.warnings.push('sms.gateways: the caFile of smpp has no effect without tls: true');
  return omitUndefined({
    kind: 'smpp' as const,
    host,
    port: written.port ?? (tls ? 3550 : 2775),
    tls,
    ...readTls(reading, at, written),
    systemId,
    systemType,
    alphabet: written.alphabet,
    password: secret ?? NO_SECRET,
    timeLimitMs: timeLimit,
  });
}

/** A placeholder after a problem was reported. */
const NO_SECRET: Secret = { value: '', from: 'nowhere' };

function readHttp(written: HttpGateway, at: KeyPath, reading: ConfigReader) {
  const { headers, body, success, timeLimit, password, passwordFile, ...rest } = written;
  const secret = readSecret(reading, [...at, 'password'], { value: password, file: passwordFile }, [
    ...at.slice(0, -1),
    'password',
  ]);
  const isUsed = `${rest.url}${body ?? ''}`.includes('{{password}}');
  if (isUsed && !secret && !reading.problems.hasErrorAt(at)) {
    reading.problems.add([...at, 'password'], 'is required for {{password}}', 'write passwordFile');
  }
  if (!isUsed && secret) reading.warnings.push('sms.gateways: the password of http has no effect without {{password}}');
  if (body !== undefined && rest.method === 'GET')
    reading.problems.add([...at, 'body'], 'is not allowed in a GET request');
  const read = Object.entries(headers).map(([name, { value, file }]): [string, string | Secret] => {
    if (file === undefined) return [name, value ?? ''];
    return [name, readSecretFile(reading, [...at, 'headers', name], absolutePath(reading, file, true)) ?? NO_SECRET];
  });
  return omitUndefined({
    kind: 'http' as const,
    ...rest,
    headers: Object.fromEntries(read),
    body,
    password: secret,
    success: omitUndefined(success),
    timeLimitMs: timeLimit,
  });
}
