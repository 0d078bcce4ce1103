import { HttpAccountLookup } from '../../adapters/matrix/http-account-lookup.js';
import { ClientPlaces } from '../../adapters/matrix/client-discovery.js';
import { FederationClient, HomeserverUnreachableError } from '../../adapters/matrix/federation-client.js';
import { HttpHomeserverKeys } from '../../adapters/matrix/http-homeserver-keys.js';
import { HttpHomeservers } from '../../adapters/matrix/http-homeservers.js';
import { Ed25519Signer } from '../../adapters/signing/ed25519-signer.js';
import { parseMxid } from '../../domain/identifiers/mxid.js';
import type { Clock } from '../../ports/clock.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Config } from '../config/config.js';
import { openHomeservers } from '../wiring/open-secrets.js';
import { area, type CheckResult, type Check, timed, withinLimit, messageWithCauses } from './check-result.js';

/** The maximum clock difference: signed requests and certificates depend on the time. */
const MOST_SKEW_MS = 60_000;
const EACH_MS = 12_000;

/** All homeservers in the configuration, without duplicates. */
export const homeserversIn = ({ homeservers, sources }: Config): readonly string[] => [
  ...new Set([
    ...Object.keys(homeservers),
    ...sources.flatMap((source) =>
      'homeserver' in source && source.homeserver !== undefined ? source.homeserver : [],
    ),
  ]),
];

/**
 * Whether a homeserver answers all requests that Islet makes: the client API, its keys, OpenID tokens, and accounts.
 */
export function homeserverCheck(name: string, config: Config, http: HttpClient, clock: Clock): Check {
  const checked = `homeserver ${name}`;
  const { ok, warning, failure, skipped } = area(checked);
  const options = { homeservers: config.homeservers, allow: config.federation.allowedServers };
  const federation = new FederationClient(http, clock, options);
  const apis = new ClientPlaces(http, clock, config.homeservers);
  const pinned = federation.pinnedKeys(name);
  const isChecked =
    config.bindings.accounts === 'check' ||
    config.sources.some(
      (source) =>
        'accounts' in source &&
        source.accounts === 'check' &&
        (!('homeserver' in source) || source.homeserver === undefined || source.homeserver === name),
    );

  /** Requests to the client API. Islet uses it only to check accounts. */
  async function clients(): Promise<readonly CheckResult[]> {
    try {
      return await versions();
    } catch (error) {
      const fix = `if account checks use it, set homeservers.${name}.clientUrl`;
      return [(isChecked ? failure : warning)(messageWithCauses(error), fix)];
    }
  }

  async function versions(): Promise<readonly CheckResult[]> {
    const api = await apis.find(name);
    const url = `${api.url}/_matrix/client/versions`;
    const limits = { timeLimitMs: 10_000, maxBytes: 256 * 1024 };
    const { status, body, headers } = await http.request({ ...api, ...limits, method: 'GET', url });
    const isJson = status === 200 && body.includes('"versions"');
    const skewMs = Date.parse(headers['date'] ?? '') - clock.now();
    const clocks =
      Math.abs(skewMs) > MOST_SKEW_MS
        ? [
            warning(
              `its clock and the clock of this machine differ by ${Math.round(Math.abs(skewMs) / 1000)} s`,
              'synchronise both with NTP',
            ),
          ]
        : [];
    if (isJson) return [ok(`${url} answers`), ...clocks];
    const fix = `this URL is used only for account checks; if you use them, set homeservers.${name}.clientUrl`;
    return [warning(`${url} -> ${status}, not a list of versions`, fix), ...clocks];
  }

  async function keys(): Promise<readonly CheckResult[]> {
    const unpinned = Object.fromEntries(
      Object.entries(config.homeservers).map(([server, { verifyKeys: _keys, ...rest }]) => [server, rest]),
    );
    const asking = new FederationClient(http, clock, { ...options, homeservers: unpinned });
    // It is only used to verify, so its own key does not matter.
    const verifier = new Ed25519Signer(config.server.name, [{ keyId: 'ed25519:0', seed: new Uint8Array(32) }]);
    const published = new HttpHomeserverKeys(asking, verifier, clock);
    try {
      const differing: string[] = [];
      for (const [keyId, key] of pinned ?? [['ed25519:islet_doctor', undefined] as const]) {
        const found = await published.find(name, keyId);
        if (pinned && found !== key) differing.push(keyId);
      }
      if (differing.length === 0)
        return [ok(pinned ? 'publishes the keys in verifyKeys' : 'publishes its signing keys')];
      const words = `publishes other keys than verifyKeys: ${differing.join(', ')}`;
      return [failure(words, `copy homeservers.${name}.verifyKeys from its /_matrix/key/v2/server`)];
    } catch (error) {
      const words = messageWithCauses(error);
      if (pinned) return [skipped(`verifyKeys could not be compared with its keys: ${words}`)];
      return [failure(words, `${fixOf(error, name, '/_matrix/key')}; or set verifyKeys`)];
    }
  }

  async function openId(): Promise<readonly CheckResult[]> {
    try {
      await new HttpHomeservers(federation).whoHasOpenIdToken(name, 'islet-doctor');
      return [ok('rejects an unknown OpenID token, as it should')];
    } catch (error) {
      const path = '/_matrix/federation/v1/openid/userinfo';
      return [failure(messageWithCauses(error), `its users cannot sign in: ${fixOf(error, name, path)}`)];
    }
  }

  async function accounts(): Promise<readonly CheckResult[]> {
    const mxid = parseMxid(`@islet-doctor:${name}`);
    if (!isChecked || !mxid) return [];
    await new HttpAccountLookup({
      http,
      apis,
      isAllowed: (address) => federation.isAllowed(address),
      access: openHomeservers(config),
    }).has(mxid);
    return [ok(`says whether an account exists (${config.homeservers[name]?.accountApi ?? 'profile'})`)];
  }

  return async () => {
    if (!federation.isAllowed(name)) {
      return [failure('is not among federation.allowedServers', 'add it there, or under homeservers')];
    }
    return (
      await Promise.all(
        [clients, keys, openId, accounts].map((check) => withinLimit(EACH_MS, checked, () => timed(check))),
      )
    ).flat();
  };
}

/** The fix for a homeserver that did not answer as expected. */
function fixOf(error: unknown, name: string, path: string): string {
  const problem = problemIn(error);
  if (problem === undefined) return `its proxy must forward ${path}`;
  if (problem === 'forbidden_address') return `it has a private address: set homeservers.${name}.url`;
  return `check url, caFile and tlsName of homeservers.${name}; without them, its .well-known file and DNS are used`;
}

/** The network failure, if there was no answer. */
function problemIn(error: unknown): string | undefined {
  if (error instanceof HomeserverUnreachableError) return error.problem;
  return error instanceof Error ? problemIn(error.cause) : undefined;
}
