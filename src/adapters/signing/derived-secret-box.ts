import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { SecretBox, SecretPurpose } from '../../ports/secret-box.js';
import type { SigningKey } from './ed25519-signer.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'sealed:';

interface DerivedKeys {
  /** Identifies the key in a sealed text. */
  readonly mark: string;
  readonly sealing: Buffer;
  readonly referring: Buffer;
}

/**
 * Encrypts with keys derived from the signing keys, which all instances have and which are not in the database. The
 * first key seals; texts sealed with the others can still be opened.
 */
export class DerivedSecretBox implements SecretBox {
  private readonly keys: readonly [DerivedKeys, ...DerivedKeys[]];

  constructor([first, ...old]: readonly [SigningKey, ...SigningKey[]]) {
    this.keys = [derive(first), ...old.map(derive)];
  }

  seal(purpose: SecretPurpose, text: string): string {
    const [{ mark, sealing }] = this.keys;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, sealing, nonce).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}${mark}:${sealed.toString('base64url')}`;
  }

  open(purpose: SecretPurpose, sealed: string): string | undefined {
    const [, mark, encoded = ''] = sealed.split(':');
    const key = this.keys.find((candidate) => candidate.mark === mark);
    const bytes = Buffer.from(encoded, 'base64url');
    if (!key || !sealed.startsWith(PREFIX) || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv(CIPHER, key.sealing, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      return undefined; // it was modified, or sealed for another purpose
    }
  }

  references(purpose: SecretPurpose, text: string): readonly [string, ...string[]] {
    const of = ({ referring }: DerivedKeys) =>
      createHmac('sha256', referring).update(`${purpose}\0${text}`).digest('base64url');
    const [first, ...old] = this.keys;
    return [of(first), ...old.map(of)];
  }
}

function derive({ seed }: SigningKey): DerivedKeys {
  const of = (purpose: string, bytes: number) => Buffer.from(hkdfSync('sha256', seed, '', `islet ${purpose}`, bytes));
  return { mark: of('key mark', 6).toString('hex'), sealing: of('sealing', 32), referring: of('references', 32) };
}
