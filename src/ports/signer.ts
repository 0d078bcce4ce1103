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

/** Signs as this server. Spec: appendix "Signing JSON". */
export abstract class Signer {
  /** The server name in signatures: `id_server` in the client API. */
  abstract readonly serverName: string;

  /** All valid long-term keys, the default signing key first. */
  abstract readonly keys: readonly [VerifyKey, ...VerifyKey[]];

  /**
   * Adds this server's signature, with the given long-term key or by default the first one; other signatures are kept.
   * @throws for an unknown key id
   */
  abstract sign<T extends JsonObject>(object: T, keyId?: string): Promise<Signed<T>>;

  /** A new key pair: 32 bytes each as unpadded standard base64. */
  abstract createEphemeralKey(): Promise<{ readonly publicKey: string; readonly privateKey: string }>;

  /**
   * Signs with a given private key, as this server, with the key id `ed25519:0`.
   *
   * @param privateKey 32 bytes in either base64 alphabet
   * @throws DomainError `invalid_public_key` for anything else
   */
  abstract signWith<T extends JsonObject>(object: T, privateKey: string): Promise<Signed<T>>;

  /**
   * Whether `signature` (base64) is a valid signature by `publicKey` (base64) of the signed part of `object`. Never
   * throws.
   */
  abstract verify(object: JsonObject, signature: string, publicKey: string): Promise<boolean>;

  /** The same for a signed part that is already canonical JSON. Never throws. */
  abstract verifyText(text: string, signature: string, publicKey: string): Promise<boolean>;
}
