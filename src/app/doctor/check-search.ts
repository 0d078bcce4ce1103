import { SEARCH_MARK } from '../../adapters/matrix/http-user-directory.js';
import { parseJsonObject } from '../../adapters/matrix/parse-json.js';
import { inUrl } from '../../adapters/shared/hosts.js';
import { parseServerName } from '../../domain/identifiers/server-name.js';
import { trimSlashes } from '../../domain/shared/trim-slashes.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Config } from '../config/config.js';
import { area, type Check, type CheckResult, messageWithCauses } from './check-result.js';

const LIMITS = { timeLimitMs: 10_000, maxBytes: 256 * 1024, chosenBy: 'operator' } as const;
const PATH = '/_matrix/client/v3/user_directory/search';
const PAGE = 'see docs/topics/search.md';

/**
 * Whether the homeserver answers searches at its configured address, and whether the proxy in front of it hands those of
 * clients to Islet. The requests have no token, so nobody is searched.
 */
export function searchCheck(config: Config, isRunning: boolean, http: HttpClient): Check {
  const { ok, warning, failure, skipped } = area('search');

  /** Islet answers requests with this header with 508: they come from an Islet. A homeserver answers them with 401. */
  async function ask(base: string, tls: { readonly ca?: string | undefined }): Promise<number> {
    const headers = { 'content-type': 'application/json', [SEARCH_MARK]: '1' };
    const body = JSON.stringify({ search_term: 'islet doctor', limit: 1 });
    const { ca } = tls;
    const request = { ...LIMITS, method: 'POST', url: `${base}${PATH}`, headers, body } as const;
    return (await http.request({ ...request, ...(ca !== undefined && { ca }) })).status;
  }

  async function homeserver(place: { readonly url: string; readonly ca?: string | undefined }): Promise<CheckResult> {
    const url = `${place.url}${PATH}`;
    try {
      const status = await ask(place.url, place);
      if (status === 401) return ok(`${url} answers, and is the homeserver itself`);
      if (status === 508) return failure(`${url} leads back to Islet`, 'name the homeserver itself, not its proxy');
      const words = `${url} -> ${status}, where a homeserver asks for a token`;
      return failure(words, 'search.homeserver must be the address where the homeserver answers clients');
    } catch (error) {
      return failure(
        messageWithCauses(error),
        'see search.homeserver and search.caFile; until then, only people of Islet are shown',
      );
    }
  }

  async function proxy(server: string): Promise<CheckResult> {
    const known = config.homeservers[server];
    const tls = known?.ca === undefined ? {} : { ca: known.ca };
    try {
      const base = await clientUrlOf(server, tls);
      const status = await ask(base, tls);
      if (status === 508) return ok(`clients of ${server} reach Islet at ${base}${PATH}`);
      const words = `${base}${PATH} -> ${status}: searches of clients of ${server} do not reach Islet`;
      return status === 401
        ? failure(words, `have the proxy of the homeserver hand this path to Islet (${PAGE})`)
        : failure(words, `the proxy of the homeserver must hand this path to Islet, and reach it (${PAGE})`);
    } catch (error) {
      return warning(`it is not known whether clients of ${server} reach Islet: ${messageWithCauses(error)}`, PAGE);
    }
  }

  /** Where clients of this server send their requests. Spec: Client-Server API, "Server discovery". */
  async function clientUrlOf(server: string, tls: { readonly ca?: string }): Promise<string> {
    const origin = `https://${inUrl(parseServerName(server)?.host ?? server)}`;
    const url = `${origin}/.well-known/matrix/client`;
    const { status, body } = await http.request({ ...LIMITS, ...tls, method: 'GET', url });
    const content = status === 200 ? parseJsonObject(body)?.['m.homeserver'] : undefined;
    const base =
      typeof content === 'object' && content !== null && 'base_url' in content ? content['base_url'] : undefined;
    return typeof base === 'string' && /^https?:\/\//.test(base) && URL.canParse(base) ? trimSlashes(base) : origin;
  }

  return async () => {
    const { search } = config;
    if (!search) return [];
    const proxies = isRunning
      ? search.showTo.map(proxy)
      : [Promise.resolve(skipped('not known whether clients reach it: no server is running here'))];
    return Promise.all([homeserver(search.homeserver), ...proxies]);
  };
}
