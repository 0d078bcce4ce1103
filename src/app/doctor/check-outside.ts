import { inUrl } from '../../adapters/shared/hosts.js';
import { trimSlashes } from '../../domain/shared/trim-slashes.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Config } from '../config/config.js';
import { readAdminToken } from '../http/admin/admin-token.js';
import { type Arrival, PROBE_HEADER } from '../http/request-probe.js';
import { area, type Check, type CheckResult, messageWithCauses } from './check-result.js';

const LIMITS = { timeLimitMs: 10_000, maxBytes: 64 * 1024, chosenBy: 'operator' } as const;

/** An address that is never in use (RFC 5737). If it arrives unchanged, the proxy passes on a header of the client. */
const INVENTED = '203.0.113.77';

const APPEND =
  'configure the proxy to set X-Forwarded-For: `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;` in nginx, nothing in Caddy, `option forwardfor` in HAProxy';

/**
 * What the proxies report about clients. Two requests are sent through the public URL, one with a forged header and
 * one without. The running server records how each request arrived.
 */
export function outsideCheck(config: Config, isRunning: boolean, http: HttpClient): Check {
  const { warning, failure, ok, skipped } = area('proxy');
  const { publicUrl } = config.server;

  async function arrival(headers: Readonly<Record<string, string>>): Promise<Arrival | undefined> {
    const admin = `http://${inUrl(config.admin.host)}:${config.admin.port}/probes`;
    const authorization = { authorization: `Bearer ${await readAdminToken(config.dataDir)}` };
    const ask = async (method: 'GET' | 'POST', url: string): Promise<unknown> => {
      const { status, body } = await http.request({ ...LIMITS, method, url, headers: authorization });
      if (status !== 200) throw new Error(`${url} -> ${status}`);
      return JSON.parse(body);
    };
    const { id } = (await ask('POST', admin)) as { readonly id: string };
    const url = `${trimSlashes(publicUrl)}/_matrix/identity/v2`;
    await http.request({ ...LIMITS, method: 'GET', url, headers: { ...headers, [PROBE_HEADER]: id } });
    return ((await ask('GET', `${admin}/${id}`)) as { readonly arrival: Arrival | null }).arrival ?? undefined;
  }

  return async () => {
    if (!isRunning) return [skipped('not checked: no server is running here')];
    let seen: readonly (Arrival | undefined)[];
    try {
      seen = [await arrival({}), await arrival({ 'X-Forwarded-For': INVENTED })];
    } catch (error) {
      return [skipped(`not checked: ${messageWithCauses(error)}`)];
    }
    const [plain, claimed] = seen;
    if (!plain || !claimed) return [skipped(`not checked: ${publicUrl} does not reach this server`)];
    if (isDirect(config)) return [ok('clients reach the server without a proxy')];
    const found = [...missingHeaderProblems(plain), ...forgedHeaderProblems(claimed)];
    return found.length > 0 ? found : [ok(`sends the addresses of clients: this machine is ${plain.client}`)];
  };

  /** Problems of a request in which the client sent no forwarding header. */
  function missingHeaderProblems({
    peer,
    isVerified,
    forwardedFor,
    realIp,
    isAdmittedToV1,
  }: Arrival): readonly CheckResult[] {
    if (forwardedFor === undefined) {
      const instead = realIp === undefined ? 'no X-Forwarded-For' : 'only X-Real-IP, which Islet does not use';
      const words = `the proxy at ${peer} sends ${instead}: all clients seem to have its address, and share its limits`;
      if (!isAdmittedToV1) return [warning(words, APPEND)];
      return [failure(`${words}; version 1 of the API, which has no authentication, is open to everyone`, APPEND)];
    }
    if (isVerified) return [];
    const fix = `add ${peer} to listen.trustedProxies`;
    return [warning(`the proxy at ${peer} is not in listen.trustedProxies: its X-Forwarded-For is ignored`, fix)];
  }

  /** Problems of a request in which the client sent a forged forwarding header. */
  function forgedHeaderProblems({ forwardedFor, isVerified }: Arrival): readonly CheckResult[] {
    if (forwardedFor?.trim() !== INVENTED) return [];
    const words = 'it forwards the X-Forwarded-For of the client unchanged';
    if (!isVerified) return [warning(words, APPEND)];
    return [failure(`${words}: anyone can pretend to be in your network, and use version 1 of the API`, APPEND)];
  }
}

/**
 * Whether the public URL leads to Islet's own listener. Islet speaks no TLS, so there is a proxy at every https URL.
 */
function isDirect({ server: { publicUrl }, listen }: Config): boolean {
  const { protocol, port } = new URL(publicUrl);
  return protocol === 'http:' && Number(port || 80) === listen.port;
}
