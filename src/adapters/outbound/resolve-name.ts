import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

export interface ResolveOptions {
  /** 4 or 6; 0 for both. */
  readonly family: number;
  /** Name servers, `address:port`. Default: those of the system. */
  readonly servers?: readonly string[];
  /** A file in the format of `/etc/hosts`. */
  readonly hostsFile?: string;
  readonly timeLimitMs?: number;
}

const LIMIT_MS = 5_000;
/** Maximum number of concurrent name resolutions; each uses a socket. */
const MOST_AT_ONCE = 256;

let waiting = 0;

/**
 * The addresses of a name from an untrusted client. The resolver of the system handles two names at a time for the
 * whole process, so that an unresponsive name server would block all other requests. Here each name has a socket of its
 * own, which is closed at the time limit.
 *
 * @throws an error with the code `ENOTFOUND` if there is none, `EAI_AGAIN` if no name server responds
 */
export async function resolveName(name: string, options: ResolveOptions): Promise<readonly LookupAddress[]> {
  const { family, servers, hostsFile = '/etc/hosts', timeLimitMs = LIMIT_MS } = options;
  const isWanted = (address: LookupAddress) => family === 0 || address.family === family;
  const local = (await namedLocally(name, hostsFile, family === 6)).filter(isWanted);
  if (local.length > 0) return local;
  if (waiting >= MOST_AT_ONCE) throw failure('EAI_AGAIN', 'too many names are waiting to be resolved');

  const resolver = new Resolver({ timeout: Math.ceil(timeLimitMs / 2), tries: 2 });
  if (servers) resolver.setServers(servers);
  const limit = setTimeout(() => resolver.cancel(), timeLimitMs);
  waiting += 1;
  try {
    const answers = await Promise.allSettled([
      family === 6 ? [] : resolver.resolve4(name),
      family === 4 ? [] : resolver.resolve6(name),
    ]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses.map((address) => ({ address, family: isIP(address) }));
    const codes = answers.flatMap((answer) => (answer.status === 'rejected' ? codeOf(answer.reason) : []));
    const isUnknown = codes.every((code) => code === 'ENOTFOUND' || code === 'ENODATA');
    throw isUnknown
      ? failure('ENOTFOUND', `${name} has no address`)
      : failure('EAI_AGAIN', `no name server answers the query for ${name}`);
  } finally {
    waiting -= 1;
    clearTimeout(limit);
  }
}

/** Addresses from the hosts file, which is checked first, as in the resolver of the system. */
async function namedLocally(name: string, hostsFile: string, isIpv6Only: boolean): Promise<readonly LookupAddress[]> {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  if (wanted === 'localhost' || wanted.endsWith('.localhost')) {
    return [isIpv6Only ? { address: '::1', family: 6 } : { address: '127.0.0.1', family: 4 }];
  }
  // The resolver of the system accepts `2130706433` and `0x7f.1` as addresses, so they must be checked as addresses.
  const { hostname } = URL.canParse(`http://${wanted}`) ? new URL(`http://${wanted}`) : { hostname: '' };
  if (isIP(hostname) === 4) return [{ address: hostname, family: 4 }];
  const text = await readFile(hostsFile, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    const isMeant = names.some((known) => known.toLowerCase() === wanted);
    return isMeant && isIP(address) > 0 ? [{ address, family: isIP(address) }] : [];
  });
}

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code);

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });
