import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  type KeyObject,
  verify as opensslVerify,
} from 'node:crypto';
import { hashes, verify } from '@noble/ed25519';

export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

hashes.sha512 = (message) => new Uint8Array(createHash('sha512').update(message).digest());

/** A key pair in the fastest form: OpenSSL signs twelve times as fast as a JavaScript implementation. */
export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

/** What precedes the 32 bytes in PKCS #8: version 0, the algorithm 1.3.101.112, two octet strings. Source: RFC 8410, 7. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * @param seed the 32 bytes that RFC 8032 calls the private key
 * @throws RangeError if there are not 32
 */
export function keyPair(seed: Uint8Array): KeyPair {
  if (seed.length !== KEY_BYTES) throw new RangeError(`an Ed25519 seed has ${KEY_BYTES} bytes, not ${seed.length}`);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { publicKey: Buffer.from(x, 'base64url'), privateKey };
}

/** 64 bytes. Signatures are deterministic. */
export const signText = ({ privateKey }: KeyPair, text: string): Uint8Array =>
  sign(null, Buffer.from(text), privateKey);

/**
 * Strict verification: accepts only canonical encodings and no keys of small order, for which a single signature is
 * valid for every text in OpenSSL. OpenSSL checks first, because anyone may send an invalid signature, and it rejects
 * one in a tenth of the time. Never throws.
 */
export function verifyText(text: string, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== KEY_BYTES) return false;
  const bytes = Buffer.from(text);
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) }, format: 'jwk' });
    return opensslVerify(null, bytes, key, signature) && verify(signature, bytes, publicKey, { zip215: false });
  } catch {
    return false; // the 32 bytes are not a point on the curve
  }
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
