// Sends recorded searches with ldapjs. Fork it with URL DN PASSWORD, then send { searches, isFirstOnly }, where searches are
// LDAP messages. It answers each list with { found, ms, cpuMs }.
import { createRequire } from 'node:module';
import ldap from 'ldapjs';

const requireOfLibrary = createRequire(import.meta.resolve('ldapjs'));
const { LdapMessage } = requireOfLibrary('@ldapjs/messages');
const { BerReader } = requireOfLibrary('@ldapjs/asn1');

const [url, dn, password] = process.argv.slice(2);
/** The number that a lookup of Islet uses. */
const CONNECTIONS = 2;

const clients = await Promise.all(
  Array.from({ length: CONNECTIONS }, async () => {
    const client = ldap.createClient({ url });
    await new Promise((resolve, reject) => client.bind(dn, password, (error) => (error ? reject(error) : resolve())));
    return client;
  }),
);

function read(message) {
  const { baseObject, scopeName, filter, attributes, timeLimit, controls } = LdapMessage.parse(new BerReader(message));
  const page = controls.find(({ value }) => value?.size > 0);
  const paged = page && { pageSize: page.value.size };
  return { base: String(baseObject), options: { scope: scopeName, filter, attributes, timeLimit, paged } };
}

function search(client, { base, options }) {
  let found = 0;
  return new Promise((resolve, reject) => {
    client.search(base, options, (error, entries) => {
      if (error) return reject(error);
      entries.on('searchEntry', () => (found += 1));
      entries.on('error', reject);
      entries.on('end', () => resolve(found));
    });
  });
}

process.on('message', (work) => void lookUp(work));

/** @param isFirstOnly whether only the searches by address are sent, and not those by user name */
async function lookUp({ searches, isFirstOnly }) {
  const parts = searches.map((bytes) => read(Buffer.from(bytes)));
  if (isFirstOnly) parts.splice(0, parts.length, ...parts.filter(({ options }) => `${options.filter}`.includes('(mail=')));
  const [since, cpuSince] = [performance.now(), process.cpuUsage()];
  let found = 0;
  const work = async (client) => {
    for (let part = parts.shift(); part; part = parts.shift()) {
      const more = await search(client, part);
      found += more; // after the wait, because the other connection adds meanwhile
    }
  };
  await Promise.all(clients.map(work));
  const { user, system } = process.cpuUsage(cpuSince);
  process.send({ found, ms: performance.now() - since, cpuMs: (user + system) / 1000 });
}
process.send('ready');
