import { RotatingSecret } from '../../adapters/shared/rotating-secret.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { Config } from '../config/config.js';
import { rereadSecret } from '../config/input/reread-secret.js';
import type { Secret } from '../config/input/secrets.js';

/** The secrets in use. Those from files follow their files. */
export class OpenSecrets {
  private readonly renewals: (() => void)[] = [];

  /** @param telemetry is told which files have changed, and which cannot be read any more */
  constructor(private readonly telemetry?: Telemetry) {}

  open({ value, file }: Secret): RotatingSecret {
    if (file === undefined) return new RotatingSecret(value);
    const secret = new RotatingSecret(value, this.follow(file, value));
    this.onRenew(() => secret.renew());
    return secret;
  }

  openOptional(secret: Secret | undefined): RotatingSecret | undefined {
    return secret && this.open(secret);
  }

  /** @param renew reads secrets again that are kept elsewhere */
  onRenew(renew: () => void): void {
    this.renewals.push(renew);
  }

  /** Reads all files again, at the request of the operator. */
  renewAll(): void {
    for (const renew of this.renewals) renew();
  }

  /** @returns a function that reads the file. If it cannot be read, the value before remains in use. */
  private follow(file: string, first: string): () => string | undefined {
    let [value, problem]: [string, string | undefined] = [first, undefined];
    return () => {
      const now = rereadSecret(file);
      if (typeof now === 'string') {
        if (now !== problem) {
          const facts = { event: 'secret_unreadable', file, reason: now };
          this.telemetry?.warn('secret file cannot be read, the previous secret remains in use', facts);
        }
        problem = now;
        return undefined;
      }
      problem = undefined;
      if (now.value !== value) this.telemetry?.info('secret file has changed', { event: 'secret_changed', file });
      value = now.value;
      return value;
    };
  }
}

/** The homeservers of the configuration, with their access tokens. */
export function openHomeservers({ homeservers }: Config, secrets = new OpenSecrets()) {
  const opened = Object.entries(homeservers).map(
    ([name, { accessToken, ...rest }]) =>
      [name, { ...rest, ...(accessToken && { accessToken: secrets.open(accessToken) }) }] as const,
  );
  return Object.fromEntries(opened);
}
