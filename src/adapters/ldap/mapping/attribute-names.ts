/**
 * Attributes of the standard schemas that have two names: the server may return either name. RFC 4519, RFC 4524; in
 * lower case.
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

/** The canonical name of an attribute, in lower case. */
export function attributeName(name: string): string {
  const lower = name.toLowerCase();
  return OTHER_NAMES.get(lower) ?? lower;
}

/** Whether values may have a prefix for the type of address, as in `proxyAddresses`. `mail` holds only one type. */
export function hasAddressPrefixes(attribute: string): boolean {
  let isPrefixed = prefixed.get(attribute);
  if (isPrefixed === undefined) {
    isPrefixed = attributeName(attribute.split(';', 1).join()) !== 'mail';
    prefixed.set(attribute, isPrefixed);
  }
  return isPrefixed;
}

/** A cache of the answers for configured attributes: the question comes with each address. */
const prefixed = new Map<string, boolean>();
