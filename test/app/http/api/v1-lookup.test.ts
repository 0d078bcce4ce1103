import { describe, expect, it } from 'vitest';
import { email, msisdn } from '../../../../src/domain/identifiers/threepid.js';
import { DAY_MS } from '../../../support/test-app.js';
import { alice, bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const at = (query: Record<string, string>) => `/api/v1/lookup?${new URLSearchParams(query).toString()}`;

describe('lookup in v1', () => {
  const app = useApp();

  it('returns the signed association of a binding (V1-2, BIND-8)', async () => {
    await app.bind(email('bob@example.com'), bob);
    const boundAt = app.clock.now();
    app.clock.pass(DAY_MS);
    const { status, json } = await app.call('GET', at({ medium: 'email', address: 'Bob@Example.com' }));
    expect(status).toBe(200);
    expect(json).toEqual({
      medium: 'email',
      address: 'bob@example.com',
      mxid: bob,
      ts: boundAt,
      not_before: boundAt,
      not_after: boundAt + 100 * 365 * DAY_MS,
      signatures: { 'id.example.org': { 'ed25519:1': expect.any(String) } },
    });
    const { signer } = app.services;
    expect(
      await signer.verify(json, json.signatures['id.example.org']['ed25519:1'] as string, signer.keys[0].publicKey),
    ).toBe(true);
  });

  it('also signs an association for the answer of a directory, valid from now', async () => {
    app.directory.add(msisdn('447700900001'), alice);
    const { json } = await app.call('GET', at({ medium: 'msisdn', address: '447700900001' }));
    expect(json.mxid).toBe(alice);
    expect(json.not_before).toBeLessThanOrEqual(app.clock.now());
    expect(json.not_after).toBeGreaterThan(app.clock.now());
  });

  it.for([
    ['an unknown address', { medium: 'email', address: 'zoe@example.com' }],
    ['an ambiguous address', { medium: 'email', address: 'info@example.com' }],
    ['an unknown medium', { medium: 'pigeon', address: 'bob' }],
    ['text that is not an address', { medium: 'email', address: 'bob' }],
  ])('returns an empty object for %s', async ([_case, query]) => {
    app.directory.add(email('info@example.com'), 'ambiguous');
    const { status, json } = await app.call('GET', at(query as Record<string, string>));
    expect([status, json]).toEqual([200, {}]);
  });

  it('requires medium and address', async () => {
    const { status, json } = await app.call('GET', '/api/v1/lookup');
    expect([status, json.errcode]).toEqual([400, 'M_MISSING_PARAMS']);
  });
});

describe('bulk_lookup in v1', () => {
  const app = useApp();

  it('returns known addresses in the spelling and order of the request', async () => {
    await app.bind(email('bob@example.com'), bob);
    app.directory.add(msisdn('447700900001'), alice);
    const threepids = [
      ['msisdn', '447700900001'],
      ['email', 'zoe@example.com'],
      ['email', 'BOB@example.com'],
      ['pigeon', 'x'],
    ];
    const { status, json } = await app.call('POST', '/api/v1/bulk_lookup', { body: { threepids } });
    expect(status).toBe(200);
    expect(json).toEqual({
      threepids: [
        ['msisdn', '447700900001', alice],
        ['email', 'BOB@example.com', bob],
      ],
    });
  });

  it.for([
    [{}, 'M_MISSING_PARAMS'],
    [{ threepids: 'email' }, 'M_INVALID_PARAM'],
    [{ threepids: ['email'] }, 'M_INVALID_PARAM'],
    [{ threepids: [['email']] }, 'M_INVALID_PARAM'],
    [{ threepids: [['email', 1]] }, 'M_INVALID_PARAM'],
    [{ threepids: [['email', 'a@example.com', 'x']] }, 'M_INVALID_PARAM'],
  ] as const)('refuses %j with %s', async ([body, errcode]) => {
    const { status, json } = await app.call('POST', '/api/v1/bulk_lookup', { body });
    expect([status, json.errcode]).toEqual([400, errcode]);
  });
});

describe('a configured limit of three addresses', () => {
  const app = useApp({ maxAddresses: 3 });

  it('applies to v1 as well (LOOK-11)', async () => {
    const ask = (count: number) =>
      app.call('POST', '/api/v1/bulk_lookup', {
        body: { threepids: Array.from({ length: count }, () => ['email', 'a@example.com']) },
      });
    expect((await ask(3)).status).toBe(200);
    const { status, json } = await ask(4);
    expect([status, json.errcode]).toEqual([400, 'M_TOO_LARGE']);
  });
});
