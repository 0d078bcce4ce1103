import type { JsonObject } from '../domain/signing/canonical-json.js';

export interface VerifyKey {
  /** `ed25519:0` */
  readonly keyId: string;
  /** 32 bytes as unpadded standard base64. */
  readonly publicKey: string;
}

export type Signed<T extends JsonObject> = T & {
  readonly signatures: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** Signs in our name. Spec: appendix "Signing JSON". */
export abstract class Signer {
  /** The name under which signatures stand: what clients call `id_server`. */
  abstract readonly serverName: string;

  /** Every long-term key that is still valid, the one that signs first. */
  abstract readonly keys: readonly [VerifyKey, ...VerifyKey[]];

  /** Adds our signature, by the given long-term key or else the first; others stay. @throws for a key that is not ours */
  abstract sign<T extends JsonObject>(object: T, keyId?: string): Promise<Signed<T>>;

  /** A new key pair: 32 bytes each as unpadded standard base64. */
  abstract createEphemeralKey(): Promise<{ readonly publicKey: string; readonly privateKey: string }>;

  /**
   * Signs with a given private key, under our name and the key id `ed25519:0`.
   *
   * @param privateKey 32 bytes in either base64 alphabet
   * @throws DomainError `invalid_public_key` if it is not that
   */
  abstract signWith<T extends JsonObject>(object: T, privateKey: string): Promise<Signed<T>>;

  /** Whether `signature` (base64) by `publicKey` (base64) fits the signed part of `object`. Never throws. */
  abstract verify(object: JsonObject, signature: string, publicKey: string): Promise<boolean>;

  /** The same for a signed part that is written as canonical JSON already. Never throws. */
  abstract verifyText(text: string, signature: string, publicKey: string): Promise<boolean>;
}
