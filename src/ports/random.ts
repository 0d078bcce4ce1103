/** Secrets and identifiers from the system's cryptographic random generator. */
export abstract class Random {
  /** `length` characters of `[0-9a-zA-Z]`, uniformly distributed. */
  abstract text(length: number): string;

  /** `length` decimal digits, uniformly distributed, including leading zeros. */
  abstract digits(length: number): string;
}
