import { baseText } from '../../adapters/ldap/protocol/search-base.js';
import { MATCHES_NOTHING, SHOWS_NOTHING } from '../../adapters/ldap/sync/full-listing.js';
import type { Checked } from '../../adapters/ldap/check.js';
import { isLoopback, outOfUrl } from '../../adapters/shared/hosts.js';
import { ldapSource } from '../../adapters/ldap/ldap-source.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { LdapConfig } from '../config/config.js';
import { certificateFix } from './certificate-fix.js';
import { area, type CheckResult, type Check, withTime } from './check-result.js';
import { IN_CLEAR_ONLY } from './check-services.js';
import { readAsSync } from './read-directory.js';

/** How many entries are checked for their object classes, and how many of these are shown. */
const SAMPLE = 200;
const SHOWN = 10;

/** Asks the running server to check a directory; `undefined` if there is none, or it uses another login. */
export type AskServer = (
  source: Pick<LdapConfig, 'name' | 'urls' | 'bindDn'>,
) => Promise<readonly Checked[] | undefined>;

/**
 * Connects to each server of a directory, binds, searches below each base, and reads the same entries as a sync. If a
 * server is running, it binds first: an attempt with a wrong password then counts once.
 */
export const directoryCheck =
  (
    { bindPassword, ...source }: LdapConfig,
    telemetry: Telemetry,
    askServer: AskServer = async () => undefined,
  ): Check =>
  async () => {
    const secret = { password: bindPassword?.value, passwordFrom: bindPassword?.from };
    const isMirrored = Boolean(source.mirror);
    const directory = ldapSource({ ...source, ...secret }, telemetry);
    const { ok, warning, failure } = area(`directory ${source.name}`);
    try {
      const checked = (await askServer(source)) ?? (await directory.check());
      const account =
        source.bindDn === undefined ? 'anonymously' : `as ${source.bindDn}, password from ${bindPassword?.from}`;
      const tried = checked.map(async ({ endpoint, problem, tookMs = 0 }): Promise<CheckResult> => {
        const [url, base] = splitHop(endpoint);
        const where = base === undefined ? url : `${url} ${baseText(base)}`;
        if (problem === MATCHES_NOTHING) {
          return warning(`${where}: ${problem}`, 'compare the filter with what ldapsearch shows');
        }
        if (problem === SHOWS_NOTHING) return warning(`${where}: ${problem}`, 'search there with ldapsearch as bindDn');
        if (problem !== undefined) return failure(`${where}: ${problem}`, fixOf(problem, source));
        if (base === undefined) return withTime(ok(`${url}: bound ${account}`), tookMs);
        const classes = [...(await directory.classes(url, base, SAMPLE))].map(([name, count]) => `${name} ${count}`);
        const shown = classes.slice(0, SHOWN).join(', ') || 'nothing';
        return withTime(ok(`${url}: ${baseText(base)} exists; the filter matches ${shown}`), tookMs);
      });
      // A listing needs every base, and one working server.
      const isListable = source.urls.some((url) =>
        checked.every(({ endpoint, ok }) => ok || splitHop(endpoint)[0] !== url),
      );
      const servers = await Promise.all(tried);
      const hashes = source.mirror ? [] : [warning(IN_CLEAR_ONLY, 'remove `mirror: false` if it may be listed')];
      return [...servers, ...hashes, ...(isListable ? await readAsSync(directory, source.name, isMirrored) : [])];
    } finally {
      await directory.close();
    }
  };

/** Splits `ldaps://host ou=people,…` into a server and a base. */
function splitHop(endpoint: string): readonly [url: string, base: string | undefined] {
  const blank = endpoint.indexOf(' ');
  return blank < 0 ? [endpoint, undefined] : [endpoint.slice(0, blank), endpoint.slice(blank + 1)];
}

type Login = Pick<LdapConfig, 'urls' | 'startTls' | 'bindDn'>;

/** The usual fix for a problem. It never sends a password unencrypted over the network. */
export function fixOf(problem: string, { urls, startTls, bindDn = '' }: Login): string | undefined {
  const ofTls = certificateFix(problem);
  if (ofTls !== undefined) return ofTls;
  if (/not tried again before/i.test(problem))
    return 'write the right password into its file; or, if it is right by now, `systemctl reload islet`';
  if (/credentials|bind refused/i.test(problem)) {
    const [url = ''] = urls;
    const isSafe =
      startTls || url.startsWith('ldaps:') || (URL.canParse(url) && isLoopback(outOfUrl(new URL(url).hostname)));
    const command = `ldapwhoami -x -H ${url}${startTls ? ' -ZZ' : ''} -D "${bindDn}" -W`;
    return isSafe ? `test bindDn and this password with ${command}` : 'check bindDn, and the password in its file';
  }
  if (/global catalog/i.test(problem)) return 'set bases, or the port of the global catalog in urls';
  if (/no such object/i.test(problem)) return 'bases must exist, and bindDn must be allowed to read them';
  if (/is refused|no way to|no route|no answer|nothing answers|cannot be found|timed out/i.test(problem))
    return 'check the host name, the server and firewalls';
  return undefined;
}
