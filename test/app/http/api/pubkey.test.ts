import { describe, expect, it } from 'vitest';
import { alice } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const urlSafe = (key: string) => key.replaceAll('+', '-').replaceAll('/', '_');

/** Old rooms contain the URLs of v1, which must work from any network. */
const prefixes = ['/v2', '/api/v1'] as const;
const fromInternet = { headers: { 'x-forwarded-for': '203.0.113.7' } };

describe.each(prefixes)('the key API at %s', (prefix) => {
  const app = useApp();

  it('returns public keys by their id without authentication, also old ones (KEY-2, KEY-6, KEY-7)', async () => {
    for (const { keyId, publicKey } of app.services.signer.keys) {
      const { status, json } = await app.call('GET', `${prefix}/pubkey/${keyId}`, fromInternet);
      expect([status, json]).toEqual([200, { public_key: publicKey }]);
    }
  });

  it.for(['ed25519:2', 'ed25519', 'isvalid:0', '__proto__'])('has no key %s (KEY-2)', async (keyId) => {
    const { status, json } = await app.call('GET', `${prefix}/pubkey/${keyId}`);
    expect([status, json.errcode]).toEqual([404, 'M_NOT_FOUND']);
  });

  it('accepts a key in either alphabet, padded or not, with a blank instead of a plus (KEY-3, KEY-5)', async () => {
    for (const { publicKey } of app.services.signer.keys) {
      for (const spelling of [publicKey, `${publicKey}=`, urlSafe(publicKey), publicKey.replaceAll('+', ' ')]) {
        const query = new URLSearchParams({ public_key: spelling }).toString();
        const { status, json } = await app.call('GET', `${prefix}/pubkey/isvalid?${query}`, fromInternet);
        expect([status, json]).toEqual([200, { valid: true }]);
      }
    }
  });

  it.for(['isvalid', 'ephemeral/isvalid'])(
    'reports an unknown key as not valid, never as an error, at %s (KEY-3, KEY-4)',
    async (path) => {
      for (const key of ['', 'nonsense', '!', 'A'.repeat(43), 'A'.repeat(9_000)]) {
        const { status, json } = await app.call('GET', `${prefix}/pubkey/${path}?public_key=${key}`);
        expect([status, json]).toEqual([200, { valid: false }]);
      }
      const missing = await app.call('GET', `${prefix}/pubkey/${path}`);
      expect([missing.status, missing.json.errcode]).toEqual([400, 'M_MISSING_PARAMS']);
    },
  );

  it('validates the ephemeral keys of its invitations, separately from the others (KEY-4, KEY-7)', async () => {
    const body = { medium: 'email', address: 'carol@example.com', room_id: '!room:example.org', sender: alice };
    const invite = await app.call('POST', '/v2/store-invite', { token: await app.signIn(alice), body });
    const [longTerm, ephemeral] = (invite.json.public_keys as { public_key: string }[]).map(
      ({ public_key }) => public_key,
    );
    const isValid = async (path: string, key = '') => {
      const query = new URLSearchParams({ public_key: key }).toString();
      return (await app.call('GET', `${prefix}/pubkey/${path}?${query}`, fromInternet)).json.valid as boolean;
    };
    expect(await isValid('ephemeral/isvalid', ephemeral)).toBe(true);
    expect(await isValid('ephemeral/isvalid', urlSafe(ephemeral ?? ''))).toBe(true);
    expect(await isValid('ephemeral/isvalid', longTerm)).toBe(false);
    expect(await isValid('isvalid', ephemeral)).toBe(false);
  });
});
