import type { KeyPath } from '../errors/problems.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `listen.trustedProxies` is `ISLET_LISTEN_TRUSTED_PROXIES` in the environment. */
export function envName(path: KeyPath): string {
  const words = path.map((part) =>
    String(part)
      .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
      .replace(/[^A-Za-z0-9]/g, '_'),
  );
  return ['ISLET', ...words].join('_').toUpperCase();
}
