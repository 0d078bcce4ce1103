import { readFile } from 'node:fs/promises';
import { Ed25519Signer } from '../../adapters/signing/ed25519-signer.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import { parseServerName } from '../../domain/identifiers/server-name.js';
import type { HttpClient } from '../../ports/http-client.js';
import { readAdminToken } from '../http/admin/admin-token.js';
import type { Config } from '../config/config.js';
import { inUrl, isLoopback, outOfUrl } from '../../adapters/shared/hosts.js';
import { certificateFix } from './certificate-fix.js';
import { area, type CheckResult, type Check, messageWithCauses } from './check-result.js';
import { trimSlashes } from '../../domain/shared/trim-slashes.js';

const LIMITS = { timeLimitMs: 10_000, maxBytes: 1024 * 1024 } as const;

/** The readiness of the running server; `undefined` if none is running. */
export type Readiness =
  | {
      readonly ok: boolean;
      readonly state?: string;
      readonly parts?: readonly { readonly part: string; readonly state: string; readonly why?: string }[];
      readonly checks: Readonly<Record<string, unknown>>;
    }
  | undefined;

/** @throws if another program answers on the admin listener */
export async function readinessOf({ admin: { host, port } }: Config, http: HttpClient): Promise<Readiness> {
  const url = `http://${inUrl(host)}:${port}/health/ready`;
  const answer = await http
    .request({ ...LIMITS, timeLimitMs: 5_000, method: 'GET', url, chosenBy: 'operator' })
    .catch((error: unknown) => {
      if ((error as { problem?: string }).problem === 'refused') return undefined;
      throw error;
    });
  if (!answer) return undefined;
  try {
    const ready: unknown = JSON.parse(answer.body);
    if (typeof ready === 'object' && ready !== null && 'checks' in ready) return ready as Readiness;
  } catch {
    // This is reported below.
  }
  throw new Error(`${url} does not answer like Islet`);
}

/** The problems that the running server reports. */
export function serverDiagnoses(readiness: Readiness): readonly CheckResult[] {
  const { ok, failure, warning, skipped } = area('server');
  if (!readiness) return [skipped('no server is running here')];
  const { database, databaseFailure, pepper, mirrors, accounts } = readiness.checks as {
    database?: boolean;
    databaseFailure?: string;
    pepper?: boolean;
    mirrors?: Readonly<Record<string, { ok: boolean; entries: number; failure?: string }>>;
    accounts?: { failures?: Readonly<Record<string, string>> };
  };
  return [
    readiness.ok
      ? ok('is running and ready')
      : readiness.state === 'starting'
        ? warning('is starting: nobody would be found yet', 'wait for the first sync, or see why it fails below')
        : failure('is running, but not ready', 'see its log'),
    ...(database === false
      ? [failure(`cannot use its database: ${databaseFailure}`, 'the checks of `database` below say more')]
      : []),
    ...(pepper === false ? [warning('has no hashed lookup pepper yet', 'wait until the addresses are hashed')] : []),
    ...Object.entries(mirrors ?? {}).map(([name, mirror]) =>
      mirror.ok
        ? ok(`its mirror of ${name} has ${mirror.entries} entries`)
        : warning(
            `its mirror of ${name} is not up to date: ${mirror.failure ?? 'not synced yet'}`,
            `\`islet sync ${name}\` tries again and shows what would change; if that is correct, add \`--force\``,
          ),
    ),
    ...Object.entries(accounts?.failures ?? {}).map(([homeserver, reason]) =>
      warning(`account checks at ${homeserver} fail: ${reason}`),
    ),
  ];
}

/** People with the same name, as known to the running server from its mirrors. */
export const sharedUserIdsCheck =
  ({ admin: { host, port }, dataDir }: Config, http: HttpClient): Check =>
  async () => {
    const { ok, warning, failure, skipped } = area('server');
    const token = await readAdminToken(dataDir).catch((error: unknown) => error as Error);
    if (typeof token !== 'string') return [skipped(`its admin token cannot be read: ${messageWithCauses(token)}`)];
    const url = `http://${inUrl(host)}:${port}/shared-names`;
    const headers = { authorization: `Bearer ${token}` };
    const { status, body } = await http.request({ ...LIMITS, method: 'GET', url, headers, chosenBy: 'operator' });
    if (status === 401) {
      const fix = 'choose another port for `admin`, or use the same configuration for commands and server';
      return [
        failure(
          `the server on ${inUrl(host)}:${port} does not accept the admin token in ${dataDir}: it uses a different dataDir`,
          fix,
        ),
      ];
    }
    if (status !== 200) return [skipped(`user ID conflicts cannot be read: ${url} -> ${status}`)];
    const { count, shown } = JSON.parse(body) as { count: number; shown: { mxid: string; labels: string[] }[] };
    if (count === 0) return [ok('no two people in its mirrors share a user ID')];
    const fix = 'lookups return none of them; change localpart or filter so that user IDs differ';
    return [
      warning(`${count} user IDs belong to two people each`, fix),
      ...shown.map(({ mxid, labels }) => warning(`${mxid}: ${labels.join(' and ')}`)),
    ];
  };

/** Whether the public URL leads to this server and fits the names that other servers know. */
export function publicUrlCheck(config: Config, isRunning: boolean, http: HttpClient): Check {
  const { ok, warning, failure, skipped } = area('public URL');
  const { name, otherNames, publicUrl } = config.server;
  const { hostname, host, protocol } = new URL(publicUrl);
  const get = async (path: string) => {
    const url = `${trimSlashes(publicUrl)}/_matrix/identity${path}`;
    return { url, ...(await http.request({ ...LIMITS, method: 'GET', url, chosenBy: 'operator' })) };
  };

  function names(): readonly CheckResult[] {
    const known = [name, ...otherNames];
    const isKnown = known.some((text) => text === host || parseServerName(text)?.host === outOfUrl(hostname));
    const found: CheckResult[] = [];
    if (!isKnown) {
      const fix =
        'clients and homeservers derive the URL from server.name: use the same host, or add the host to server.otherNames';
      found.push(warning(`the host of ${publicUrl} is not ${known.join(' or ')}`, fix));
    }
    if (protocol === 'http:' && !isLoopback(outOfUrl(hostname))) {
      found.push(warning(`${publicUrl} is not encrypted`, 'browsers and homeservers need https'));
    }
    return found;
  }

  async function answers(): Promise<readonly CheckResult[]> {
    if (!isRunning) return [skipped('not checked: no server is running here')];
    const forward = 'the proxy must forward /_matrix/identity to `listen`';
    const ping = await get('/v2').catch((error: unknown) => messageWithCauses(error));
    if (typeof ping === 'string') return [failure(ping, publicUrlFix(ping))];
    if (ping.status !== 200 || ping.body.trim() !== '{}')
      return [failure(`${ping.url} -> ${ping.status}, not an answer of Islet`, forward)];
    const signer = new Ed25519Signer(name, parseKeys(await readFile(config.signing.keyFile, 'utf8')));
    const [{ keyId, publicKey }] = signer.keys;
    const { url, status, body } = await get(`/v2/pubkey/${keyId}`);
    if (status === 200 && body.includes(`"${publicKey}"`))
      return [ok(`${publicUrl} reaches this server`), ...(await unbinds())];
    return [failure(`${url} -> ${status}, with a different key: another identity server answers`, forward)];
  }

  /** Whether homeservers can unbind under the name that clients derive from the URL, with and without its port. */
  async function unbinds(): Promise<readonly CheckResult[]> {
    const url = `${publicUrl.replace(/\/+$/, '')}/_matrix/identity/v2/3pid/unbind`;
    const threepid = { medium: 'email', address: 'islet-doctor@example.invalid' };
    const body = JSON.stringify({ mxid: '@islet-doctor:example.invalid', threepid });
    const found: CheckResult[] = [];
    for (const destination of protocol === 'https:' && host === hostname ? [host, `${host}:443`] : [host]) {
      // No server can have this origin, so no keys are requested.
      const authorization = `X-Matrix origin="!",destination="${destination}",key="ed25519:doctor",sig="doctor"`;
      const headers = { authorization, 'content-type': 'application/json' };
      const { status } = await http.request({ ...LIMITS, method: 'POST', url, headers, body, chosenBy: 'operator' });
      const subject = `an unbind request signed for ${destination}`;
      if (status === 403) found.push(ok(`${subject} is accepted for this server`));
      else found.push(failure(`${url} -> ${status} for ${subject}`, 'the proxy must forward the Authorization header'));
    }
    return found;
  }

  return async () => [...names(), ...(await answers())];
}

/** For this URL the certificate is our own, and those who connect trust the authorities that this machine trusts. */
const publicUrlFix = (words: string): string =>
  /certificate is not trusted/.test(words)
    ? 'homeservers and browsers get the same error, unless they trust its authority: use a certificate of a public one, or install yours on all of them'
    : `${certificateFix(words) ?? 'check DNS, certificate and proxy'}; homeservers get the same error`;
