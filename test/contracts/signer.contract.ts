import { beforeEach, describe, expect, it } from 'vitest';
import type { Signer } from '../../src/ports/signer.js';

/** What every Signer promises. `open` returns one with at least two long-term keys. */
export function signerContract(open: () => Promise<Signer>) {
  describe('Signer contract', () => {
    let signer: Signer;
    beforeEach(async () => {
      signer = await open();
    });

    const object = { mxid: '@anna:example.org', token: 'abc' };
    const base64Of32Bytes = /^[A-Za-z0-9+/]{43}$/;
    const keyIds = () => signer.keys.map(({ keyId }) => keyId);

    it('names its keys, each with its public key (KEY-1)', () => {
      expect(signer.keys.length).toBeGreaterThan(1);
      expect(new Set(keyIds()).size).toBe(signer.keys.length);
      for (const { keyId, publicKey } of signer.keys) {
        expect(keyId).toMatch(/^ed25519:[a-zA-Z0-9_]+$/);
        expect(publicKey).toMatch(base64Of32Bytes);
      }
    });

    it('signs with its first key under its server name', async () => {
      const signed = await signer.sign(object);
      const [{ keyId, publicKey }] = signer.keys;

      expect(signed).toMatchObject(object);
      expect(Object.keys(signed.signatures)).toEqual([signer.serverName]);
      expect(Object.keys(signed.signatures[signer.serverName] ?? {})).toEqual([keyId]);
      const signature = signed.signatures[signer.serverName]?.[keyId] ?? '';
      expect(signature).toMatch(/^[A-Za-z0-9+/]{86}$/);
      expect(await signer.verify(signed, signature, publicKey)).toBe(true);
    });

    it('signs with any of its keys, and with no other', async () => {
      for (const { keyId, publicKey } of signer.keys) {
        const signed = await signer.sign(object, keyId);
        expect(Object.keys(signed.signatures[signer.serverName] ?? {})).toEqual([keyId]);
        expect(await signer.verify(object, signed.signatures[signer.serverName]?.[keyId] ?? '', publicKey)).toBe(true);
      }
      await expect(signer.sign(object, 'ed25519:unknown')).rejects.toThrow('ed25519:unknown');
    });

    it('keeps other signatures and unsigned data, and signs neither (SJ-3)', async () => {
      const [first = '', second = ''] = keyIds();
      const plain = await signer.sign(object, first);
      const others = { 'other.org': { 'ed25519:x': 'AAAA' } };

      const decorated = await signer.sign({ ...object, unsigned: { age: 1 }, signatures: others }, first);
      expect(decorated).toEqual({ ...object, unsigned: { age: 1 }, signatures: { ...others, ...plain.signatures } });

      const twice = await signer.sign(plain, second);
      expect(new Set(Object.keys(twice.signatures[signer.serverName] ?? {}))).toEqual(new Set([first, second]));
    });

    it('does not change its argument', async () => {
      const given = Object.freeze({ ...object, signatures: Object.freeze({ 'other.org': {} }) });
      await signer.sign(given);
      expect(given.signatures).toEqual({ 'other.org': {} });
    });

    it('refuses to sign values that canonical JSON cannot represent', async () => {
      await expect(signer.sign({ a: 1.5 })).rejects.toThrow(TypeError);
    });

    it('creates a new ephemeral key each time, and signs with it under ed25519:0', async () => {
      const [first, other] = [await signer.createEphemeralKey(), await signer.createEphemeralKey()];
      expect(first.privateKey).not.toBe(other.privateKey);
      for (const key of Object.values(first)) expect(key).toMatch(base64Of32Bytes);

      const signed = await signer.signWith(object, first.privateKey);
      const signature = signed.signatures[signer.serverName]?.['ed25519:0'] ?? '';
      expect(await signer.verify(object, signature, first.publicKey)).toBe(true);
      expect(await signer.verify(object, signature, other.publicKey)).toBe(false);
    });

    it('accepts a private key in either base64 alphabet, padded or not (SIGN-4)', async () => {
      const privateKey = Buffer.alloc(32, 0xfb).toString('base64');
      const urlSafe = Buffer.alloc(32, 0xfb).toString('base64url');
      expect(privateKey).not.toBe(`${urlSafe}=`);
      expect(await signer.signWith(object, urlSafe)).toEqual(await signer.signWith(object, privateKey));
    });

    it.each([
      ['nothing', ''],
      ['31 bytes', Buffer.alloc(31).toString('base64')],
      ['33 bytes', Buffer.alloc(33).toString('base64')],
      ['64 bytes', Buffer.alloc(64).toString('base64')],
      ['hex', '00'.repeat(32)],
      ['text that is not base64', '!'.repeat(43)],
      ['a blank in between', `${'A'.repeat(20)} ${'A'.repeat(23)}`],
    ])('refuses %s as a private key', async (_case, privateKey) => {
      await expect(signer.signWith(object, privateKey)).rejects.toMatchObject({ code: 'invalid_public_key' });
    });

    describe('verification', () => {
      const sign = async () => {
        const [{ keyId, publicKey }] = signer.keys;
        const signed = await signer.sign(object);
        return { signature: signed.signatures[signer.serverName]?.[keyId] ?? '', publicKey };
      };
      const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_');

      it('accepts a signature and a key in either base64 alphabet, padded or not (SJ-4)', async () => {
        const { signature, publicKey } = await sign();
        expect(await signer.verify(object, urlSafe(signature), urlSafe(publicKey))).toBe(true);
        expect(await signer.verify(object, `${signature}==`, `${publicKey}=`)).toBe(true);
      });

      it('does not depend on the order of keys, of signatures and of unsigned data', async () => {
        const { signature, publicKey } = await sign();
        const { token, mxid } = object;
        expect(await signer.verify({ unsigned: {}, token, signatures: {}, mxid }, signature, publicKey)).toBe(true);
      });

      it('fails for an object that was changed', async () => {
        const { signature, publicKey } = await sign();
        expect(await signer.verify({ ...object, token: 'abd' }, signature, publicKey)).toBe(false);
        expect(await signer.verify({ ...object, more: null }, signature, publicKey)).toBe(false);
      });

      it.each([
        ['an empty signature', '', undefined],
        ['a short signature', 'AAAA', undefined],
        ['a signature that is not base64', '?'.repeat(86), undefined],
        ['an empty key', undefined, ''],
        ['a short key', undefined, 'AAAA'],
        ['a key that is not base64', undefined, '?'.repeat(43)],
        ['a key that is not a point of the curve', undefined, Buffer.alloc(32, 0xff).toString('base64')],
      ])('fails for %s, without throwing', async (_case, badSignature, badKey) => {
        const { signature, publicKey } = await sign();
        expect(await signer.verify(object, badSignature ?? signature, badKey ?? publicKey)).toBe(false);
      });

      it('fails for a value that canonical JSON cannot represent, without throwing', async () => {
        const { signature, publicKey } = await sign();
        expect(await signer.verify({ a: 1.5 }, signature, publicKey)).toBe(false);
      });

      it('fails for a key of small order, with which one signature fits every text', async () => {
        const point = Buffer.from([1, ...Buffer.alloc(31)]);
        const signature = Buffer.concat([point, Buffer.alloc(32)]).toString('base64');
        expect(await signer.verify(object, signature, point.toString('base64'))).toBe(false);
      });
    });
  });
}
