type Attributes = Readonly<Record<string, string | readonly string[]>>;

/** An entry as LDIF. Values may be any text, because they are encoded in base64. */
export function entry(dn: string, attributes: Attributes): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}:: ${Buffer.from(value).toString('base64')}`),
  );
  return [`dn:: ${Buffer.from(dn).toString('base64')}`, ...lines, '', ''].join('\n');
}

export const unit = (name: string, below = 'dc=example,dc=org'): string =>
  entry(`ou=${name},${below}`, { objectClass: 'organizationalUnit', ou: name });

/** A person with the uid `uid` below `ou=people`. */
export const person = (uid: string, attributes: Attributes = {}, below = 'ou=people,dc=example,dc=org'): string =>
  entry(`uid=${uid},${below}`, { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, ...attributes });
