/** A password or token that may be replaced in its file while Islet runs. */
export class RotatingSecret {
  private current: string;

  /** @param reread returns the value in the file, or `undefined` if it cannot be read now; absent if it is a constant */
  constructor(
    value: string,
    private readonly reread?: () => string | undefined,
  ) {
    this.current = value;
  }

  get value(): string {
    return this.current;
  }

  /**
   * Reads the file again.
   *
   * @param refused a value that the other side did not accept
   * @returns whether the value is now another one
   */
  renew(refused = this.current): boolean {
    this.current = this.reread?.() ?? this.current;
    return this.current !== refused;
  }

  /** The value in the file at this moment, for logins that are rare. */
  get latest(): string {
    this.renew();
    return this.current;
  }
}

/** An HTTP header: text, or a secret. */
export type HeaderValue = string | RotatingSecret;

/** Statuses by which a server refuses credentials. */
const REFUSALS: readonly number[] = [401, 403];

/**
 * Sends a request. If its secrets are refused and one of them has been replaced in its file, sends it once more.
 *
 * @param send sends the request with the current values of the secrets
 */
export async function withNewestSecrets<Response extends { readonly status: number }>(
  secrets: readonly RotatingSecret[],
  send: () => Promise<Response>,
): Promise<Response> {
  const tried = secrets.map(({ value }) => value);
  const response = await send();
  return REFUSALS.includes(response.status) && areRenewed(secrets, tried) ? send() : response;
}

/** Reads all the files again. @returns whether a value is now another one than the tried one */
const areRenewed = (secrets: readonly RotatingSecret[], tried: readonly string[]): boolean =>
  secrets.map((secret, index) => secret.renew(tried[index])).includes(true);

/** The secrets among the values of headers. */
export const secretsIn = (headers: Readonly<Record<string, HeaderValue>>): readonly RotatingSecret[] =>
  Object.values(headers).filter((value) => value instanceof RotatingSecret);

/** The headers with the current values of their secrets. */
export const currentHeaders = (headers: Readonly<Record<string, HeaderValue>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : value.value]),
  );
