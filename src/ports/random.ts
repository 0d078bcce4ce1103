/** Secrets and identifiers from the system's cryptographic generator. */
export abstract class Random {
  /** `length` characters of `[0-9a-zA-Z]`, each equally likely. */
  abstract text(length: number): string;

  /** `length` decimal digits, each equally likely; leading zeros are as likely as others. */
  abstract digits(length: number): string;
}
