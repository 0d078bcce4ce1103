// The same OR-filter searches as a lookup of many addresses, sent by ldapjs: fork with URL DN PASSWORD BASE, then send
// lists of addresses; each is answered with { found, ms }.
import ldap from 'ldapjs';

const [url, dn, password, base] = process.argv.slice(2);
const ADDRESSES_IN_ONE = 200;
const CONNECTIONS = 2;
const attributes = ['entryUUID', 'uid', 'mail', 'mobile', 'telephoneNumber'];

const clients = await Promise.all(
  Array.from({ length: CONNECTIONS }, async () => {
    const client = ldap.createClient({ url });
    await new Promise((resolve, reject) => client.bind(dn, password, (error) => (error ? reject(error) : resolve())));
    return client;
  }),
);

function search(client, addresses) {
  const filters = addresses.map((value) => new ldap.EqualityFilter({ attribute: 'mail', value }));
  const isPerson = [
    new ldap.EqualityFilter({ attribute: 'objectClass', value: 'inetOrgPerson' }),
    new ldap.PresenceFilter({ attribute: 'uid' }),
  ];
  const filter = new ldap.AndFilter({ filters: [...isPerson, new ldap.OrFilter({ filters })] });
  let found = 0;
  return new Promise((resolve, reject) => {
    client.search(base, { scope: 'sub', filter, attributes, paged: { pageSize: 1_000 } }, (error, entries) => {
      if (error) return reject(error);
      entries.on('searchEntry', () => (found += 1));
      entries.on('error', reject);
      entries.on('end', () => resolve(found));
    });
  });
}

process.on('message', (addresses) => void lookUp(addresses));

/** @param {readonly string[]} addresses */
async function lookUp(addresses) {
  const since = performance.now();
  const parts = [];
  for (let at = 0; at < addresses.length; at += ADDRESSES_IN_ONE) parts.push(addresses.slice(at, at + ADDRESSES_IN_ONE));
  let found = 0;
  const work = async (client) => {
    for (let part = parts.shift(); part; part = parts.shift()) {
      const more = await search(client, part);
      found += more; // not before the wait: the other connection adds meanwhile
    }
  };
  await Promise.all(clients.map(work));
  process.send({ found, ms: performance.now() - since });
}
process.send('ready');
