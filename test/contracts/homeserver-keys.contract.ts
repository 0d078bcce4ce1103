import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DomainError } from '../../src/domain/shared/errors.js';
import type { HomeserverKeys } from '../../src/ports/homeserver-keys.js';

interface Opened {
  readonly keys: HomeserverKeys;
  /** A homeserver with the keys `ed25519:current`, valid, and `ed25519:retired`. */
  readonly homeserver: string;
  /** Unpadded standard base64. */
  readonly current: string;
  /** A homeserver that does not answer. */
  readonly silent: string;
  /** Texts that clients must not see. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** What every HomeserverKeys promises. */
export function homeserverKeysContract(open: () => Promise<Opened>) {
  describe('HomeserverKeys contract', () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    it('returns a key that is currently valid for requests', async () => {
      expect(await opened.keys.find(opened.homeserver, 'ed25519:current')).toBe(opened.current);
    });

    it.each(['ed25519:retired', 'ed25519:none', 'current', '', '__proto__'])(
      'returns no key for the ID %j',
      async (keyId) => {
        expect(await opened.keys.find(opened.homeserver, keyId)).toBeUndefined();
      },
    );

    it('refuses with a message for clients if the homeserver cannot be asked', async () => {
      const refusal = await opened.keys.find(opened.silent, 'ed25519:current').catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DomainError);
      const { code, message } = refusal as DomainError;
      expect(code).toBe('homeserver_failed');
      expect(message).toContain(`could not fetch the signing keys of ${opened.silent}: `);
      for (const secret of opened.secrets) expect(message).not.toContain(secret);
    });
  });
}
