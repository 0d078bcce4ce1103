// Reads a directory with ldapjs and discards the entries, to measure the time of the library alone: node bare-listing.mjs URL DN PASSWORD BASE PAGE
import ldap from 'ldapjs';

const [url, dn, password, base, page] = process.argv.slice(2);
const filter = '(&(objectClass=inetOrgPerson)(uid=*))';
const attributes = ['entryUUID', 'uid', 'mail', 'mobile', 'telephoneNumber'];

const client = ldap.createClient({ url });
await new Promise((resolve, reject) => client.bind(dn, password, (error) => (error ? reject(error) : resolve())));
const since = performance.now();
let count = 0;
await new Promise((resolve, reject) => {
  const options = { scope: 'sub', filter, attributes, paged: { pageSize: Number(page) }, timeLimit: 600 };
  client.search(base, options, (error, found) => {
    if (error) return reject(error);
    found.on('searchEntry', () => (count += 1));
    found.on('error', reject);
    found.on('end', resolve);
  });
});
process.stdout.write(JSON.stringify({ count, tookMs: performance.now() - since }));
client.destroy();
