/**
 * Attributes of the standard schemas that have two names: a directory that is asked for one may answer
 * with the other. RFC 4519, RFC 4524; in lower case.
 */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['userid', 'uid'],
  ['rfc822mailbox', 'mail'],
  ['emailaddress', 'email'],
  ['pkcs9email', 'email'],
  ['mobiletelephonenumber', 'mobile'],
  ['hometelephonenumber', 'homephone'],
  ['pagertelephonenumber', 'pager'],
  ['commonname', 'cn'],
  ['surname', 'sn'],
  ['gn', 'givenname'],
]);

/** The one name of an attribute, in lower case. */
export function attributeName(name: string): string {
  const lower = name.toLowerCase();
  return OTHER_NAMES.get(lower) ?? lower;
}
/** Whether its values may say what kind of address they are, as those of `proxyAddresses` do: `mail` holds one kind. */
export const hasAddressPrefixes = (attribute: string): boolean =>
  attributeName(attribute.split(';', 1).join()) !== 'mail';
