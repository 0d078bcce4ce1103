import { randomBytes } from 'node:crypto';
import { signedPart, type Json, type JsonObject } from '../../domain/signing/canonical-json.js';
import { DomainError } from '../../domain/shared/errors.js';
import type { Signed, Signer, VerifyKey } from '../../ports/signer.js';
import { fromBase64, toBase64 } from '../../domain/signing/base64.js';
import { KEY_BYTES, keyPair, signText, verifyText, type KeyPair } from './ed25519.js';

export interface SigningKey {
  /** `ed25519:0` */
  readonly keyId: string;
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

/** Signs with keys in memory. The first one signs; the others are old keys whose signatures stay valid. */
export class Ed25519Signer implements Signer {
  readonly keys: readonly [VerifyKey, ...VerifyKey[]];

  private readonly pairs: ReadonlyMap<string, KeyPair>;

  constructor(
    readonly serverName: string,
    [first, ...old]: readonly [SigningKey, ...SigningKey[]],
  ) {
    this.pairs = new Map([first, ...old].map(({ keyId, seed }) => [keyId, keyPair(seed)]));
    this.keys = [this.verifyKey(first.keyId), ...old.map(({ keyId }) => this.verifyKey(keyId))];
  }

  async sign<T extends JsonObject>(object: T, keyId = this.keys[0].keyId): Promise<Signed<T>> {
    return this.signBy(this.pair(keyId), keyId, object);
  }

  async createEphemeralKey() {
    const seed = randomBytes(KEY_BYTES);
    return { publicKey: toBase64(keyPair(seed).publicKey), privateKey: toBase64(seed) };
  }

  async signWith<T extends JsonObject>(object: T, privateKey: string): Promise<Signed<T>> {
    const seed = fromBase64(privateKey);
    if (seed?.length !== KEY_BYTES) throw new DomainError('invalid_public_key');
    return this.signBy(keyPair(seed), 'ed25519:0', object);
  }

  async verify(object: JsonObject, signature: string, publicKey: string): Promise<boolean> {
    try {
      return await this.verifyText(signedPart(object), signature, publicKey);
    } catch {
      return false; // an object without a canonical JSON form cannot have been signed
    }
  }

  async verifyText(text: string, signature: string, publicKey: string): Promise<boolean> {
    const [signatureBytes, keyBytes] = [fromBase64(signature), fromBase64(publicKey)];
    return signatureBytes !== undefined && keyBytes !== undefined && verifyText(text, signatureBytes, keyBytes);
  }

  private signBy<T extends JsonObject>(pair: KeyPair, keyId: string, object: T): Signed<T> {
    const signature = toBase64(signText(pair, signedPart(object)));
    const others = asObject(object['signatures']);
    const ownSignatures = { ...asObject(others[this.serverName]), [keyId]: signature };
    // Non-string values in the object are preserved.
    return { ...object, signatures: { ...others, [this.serverName]: ownSignatures } } as unknown as Signed<T>;
  }

  private pair(keyId: string): KeyPair {
    const pair = this.pairs.get(keyId);
    if (!pair) throw new Error(`there is no signing key ${keyId}`);
    return pair;
  }

  private verifyKey(keyId: string): VerifyKey {
    return { keyId, publicKey: toBase64(this.pair(keyId).publicKey) };
  }
}

const asObject = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
