import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { ldapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { SmppGateway } from '../../../src/adapters/messaging/sms/smpp-gateway.js';
import { SqlDatabase } from '../../../src/adapters/sources/sql-database.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { resolveTo, startSlowListener } from '../../support/slow-listener.js';

const telemetry = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
  count: () => undefined,
};

let slow: Awaited<ReturnType<typeof startSlowListener>>;

beforeEach(async () => {
  setDefaultAutoSelectFamilyAttemptTimeout(250);
  slow = await startSlowListener();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await slow.stop();
});

/** The server uses no protocol: the tests check only whether a connection is opened. */
const attempts: Readonly<Record<string, (port: number) => Promise<unknown>>> = {
  'a directory': async (port) => {
    const source = ldapSource(
      {
        name: 'staff',
        urls: [`ldap://dc.example:${port}`],
        bases: ['dc=x'],
        preset: 'openldap',
        homeserver: 'example.org',
        connections: 4,
        timeLimitMs: 2_500,
      } as never,
      telemetry as never,
    );
    try {
      return await source.find([email('anna@example.org')]);
    } finally {
      await source.close?.();
    }
  },
  'a database of others (PostgreSQL)': (port) => asked(`postgres://islet@db.example:${port}/people`),
  'a database of others (MySQL)': (port) => asked(`mysql://islet@db.example:${port}/people`),
  'our database': (port) => openDatabase({ client: 'pg', url: `postgres://islet@db.example:${port}/islet` }),
  'a message centre': async (port) => {
    const gateway = new SmppGateway({
      host: 'smsc.example',
      port,
      tls: false,
      systemId: 'islet',
      password: new RotatingSecret('x'),
      timeLimitMs: 2_500,
    });
    return gateway.send({ number: '447700900123', originator: { kind: 'alpha', text: 'Matrix' }, text: 'x' });
  },
};

async function asked(url: string): Promise<unknown> {
  const database = new SqlDatabase({ url }, { findMs: 3_000, listMs: 3_000 });
  try {
    return await database.rows('find', [], 'select 1');
  } finally {
    await database.close();
  }
}

describe('a host name with a slow address and an unreachable one', () => {
  it.each(Object.entries(attempts))('is connected at its slow address: %s', async (_what, attempt) => {
    // 2001:db8:: is not routed; machines without IPv6 refuse it at once.
    resolveTo('127.0.0.1', '::1');
    const outcome = attempt(slow.port).then(
      () => 'connected',
      (error: Error) => `${error.message} ${String(error.cause)}`,
    );
    setTimeout(() => slow.drain(), 400);
    // The connection is open, and then there is no answer: it was not refused.
    expect(await outcome).not.toMatch(/refused|no way|ECONNREFUSED/);
  });
});
