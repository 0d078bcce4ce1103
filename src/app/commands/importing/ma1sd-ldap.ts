import { omitUndefined } from '../../config/objects.js';
import type { Given } from '../../config/docs/example.js';
import type { YamlTree } from './yaml-tree.js';

/** The defaults of ma1sd. */
const EMAIL = ['mailPrimaryAddress', 'mail', 'otherMailbox'];
const MSISDN = ['telephoneNumber', 'mobile', 'homePhone', 'otherTelephone', 'otherMobile', 'otherHomePhone'];

/**
 * One directory of ma1sd as a source of Islet.
 *
 * @param tree the section `ldap` or `netiq`
 * @param passwordFile stores the password of the directory and returns the file name
 */
export function ldapSource(
  tree: YamlTree,
  { name, domain }: { readonly name: string; readonly domain: string | undefined },
  passwordFile: (value: string | undefined) => string | undefined,
): { readonly ldap: Given; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const isTls = tree.flag('connection.tls') ?? false;
  const port = tree.number('connection.port') ?? 389;
  const usual = isTls ? 636 : 389;
  const host = tree.text('connection.host');
  const isForest = tree.flag('activeDirectory') ?? false;
  const user = isForest ? 'userPrincipalName' : (tree.text('attribute.uid.value') ?? 'sAMAccountName');
  const isMxid = tree.text('attribute.uid.type')?.toLowerCase() === 'mxid';
  const filter = tree.text('identity.filter') ?? tree.text('filter');
  const bases = tree.texts('connection.baseDNs');
  const password = tree.text('connection.bindPassword');
  const isDirectory = /^(samaccountname|userprincipalname)$/i.test(user);
  if (!isTls) {
    notes.push(`sources: the password of ${name} went to it in clear before; set startTls: true, or ldaps:// in urls`);
  } else
    notes.push(
      `sources: ma1sd did not check the certificate of ${name}; if its authority is your own, name it in caFile`,
    );
  notes.push(`sources: set phoneRegion of ${name} if phone numbers there have no country code`);
  if (bases.length === 0 && tree.text('connection.baseDn') === undefined) notes.push(`sources: ${name} had no base DN`);
  const media = {
    email: attributesOf(tree, 'email', EMAIL, notes),
    msisdn: attributesOf(tree, 'msisdn', MSISDN, notes),
  };
  const domainOfForest = tree.text('defaultDomain');
  const ldap = omitUndefined({
    name,
    urls: host === undefined ? undefined : [`${isTls ? 'ldaps' : 'ldap'}://${host}${port === usual ? '' : `:${port}`}`],
    bindDn: tree.text('connection.bindDn'),
    bindPasswordFile: passwordFile(password),
    preset: isDirectory ? 'activeDirectory' : filter === undefined ? 'openldap' : undefined,
    bases: bases.length > 0 ? bases : tree.texts('connection.baseDn'),
    filter: filter === undefined || filter.startsWith('(') ? filter : `(${filter})`,
    attributes: { user, ...media },
    homeserver: isMxid ? undefined : domain,
    localpart:
      isForest && domainOfForest !== undefined && !isMxid
        ? `{userPrincipalName|default-domain:${domainOfForest}}`
        : undefined,
  });
  return { ldap, notes };
}

/** The attributes of one medium, and those of a query that replaced them: `(proxyAddresses=smtp:%3pid)`. */
function attributesOf(tree: YamlTree, medium: string, usual: readonly string[], notes: string[]): readonly string[] {
  const written = tree.keys('attribute.threepid').length > 0 ? tree.texts(`attribute.threepid.${medium}`) : usual;
  const query = tree.text(`identity.medium.${medium}`);
  if (query === undefined) return written;
  const token = tree.text('identity.token') ?? '%3pid';
  const named = query
    .slice(0, 10_000)
    .split('(')
    .flatMap((part) => {
      const [attribute = '', value] = part.split('=', 2);
      return value?.includes(token) && /^[\w;.-]{1,100}$/.test(attribute.trim()) ? [attribute.trim()] : [];
    });
  if (named.length > 0) return [...new Set(named)];
  notes.push(`sources: no attributes could be read from identity.medium.${medium}; see attributes.${medium}`);
  return written;
}
