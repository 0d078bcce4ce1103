import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchSnippet } from '../support/docs/search-page.js';
import { type RunningIslet, startIslet } from '../support/islet.js';
import { eventually } from '../support/eventually.js';
import { PEOPLE_BASE, sourceFor } from '../support/people.js';
import { type ProxyKind, startProxy } from '../support/proxies.js';
import { Slapd } from '../support/slapd.js';
import { type StandIn, startStandIn } from '../support/stand-in.js';

const PATH = '/_matrix/client/v3/user_directory/search';

const person = (uid: string, displayName: string, sn: string, department: string) => `
dn: uid=${uid},${PEOPLE_BASE}
objectClass: inetOrgPerson
objectClass: extensibleObject
uid: ${uid}
cn: ${uid}
sn:: ${Buffer.from(sn).toString('base64')}
displayName:: ${Buffer.from(displayName).toString('base64')}
department: ${department}
mail: ${uid}@example.org
`;

const SCHEMA = "attributetype ( 1.2.840.113556.1.2.141 NAME 'department' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )";

describe('docs/topics/search.md', () => {
  let slapd: Slapd;
  let homeserver: StandIn;
  let islet: RunningIslet;
  const seen: { path: string; forwarded: string | undefined }[] = [];

  beforeAll(async () => {
    const people = [person('anna', 'Anna Müller', 'Müller', 'Vertrieb'), person('bert', 'Bert Berg', 'Berg', 'IT')];
    const ldif = `dn: ${PEOPLE_BASE}\nobjectClass: organizationalUnit\nou: people\n${people.join('')}`;
    slapd = await Slapd.start({ ldif, global: [SCHEMA] });
    homeserver = await startStandIn((request, response) => {
      const forwarded = String(request.headers['x-forwarded-for']);
      seen.push({ path: request.url ?? '', forwarded });
      const answer = (status: number, body: object) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.headers.authorization !== 'Bearer of-bert') return answer(401, { errcode: 'M_UNKNOWN_TOKEN' });
      if (request.url?.endsWith('/whoami')) return answer(200, { user_id: '@bert:example.org' });
      if (!request.url?.endsWith('/user_directory/search')) return answer(200, { homeserver: true });
      request.resume();
      return answer(200, { limited: false, results: [{ user_id: '@met:example.org', display_name: 'Met' }] });
    });
    const { search } = parse(searchSnippet('yaml')) as { search: Record<string, unknown> };
    islet = await startIslet({
      server: { name: 'id.example.org' },
      listen: { trustedProxies: ['127.0.0.1/32'] },
      sources: [sourceFor(slapd)],
      search: { ...search, homeserver: homeserver.url },
    });
    const isThere = async () => (await islet.command('search', 'mülle', '--as', '@bert:example.org')).code === 0;
    await eventually(isThere, 60_000);
  });

  afterAll(async () => {
    await islet?.remove();
    await slapd?.stop();
  });

  const search = async (url: string, term: string, token = 'of-bert') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ search_term: term }) });
    return {
      status: response.status,
      body: (await response.json()) as { results: { user_id: string }[]; limited: boolean },
    };
  };

  it.each<ProxyKind>(['nginx', 'haproxy', 'caddy', 'apache'])(
    'has a configuration for %s that sends the search to Islet, and nothing else',
    async (kind) => {
      const lines = searchSnippet(kind).replaceAll('127.0.0.1:8090', new URL(islet.url).host);
      expect(lines).toContain(new URL(islet.url).host);
      const proxy = await startProxy(kind, homeserver.url, lines);
      try {
        for (const path of [PATH, PATH.replace('v3', 'r0')]) {
          expect(await search(proxy.url + path, 'mülle')).toEqual({
            status: 200,
            body: {
              limited: false,
              results: [
                { user_id: '@met:example.org', display_name: 'Met' },
                { user_id: '@anna:example.org', display_name: 'Anna Müller' },
              ],
            },
          });
          expect(seen.findLast((request) => request.path === PATH)?.forwarded).toBe('127.0.0.1');
        }
        expect(await search(proxy.url + PATH, 'mülle', 'wrong')).toMatchObject({ status: 401 });
        const other = await fetch(`${proxy.url}/_matrix/client/v3/sync`, {
          headers: { authorization: 'Bearer of-bert' },
        });
        expect(await other.json()).toEqual({ homeserver: true });
      } finally {
        await proxy.close();
      }
    },
  );

  it('switches the search on with five lines of configuration, and one of nginx', () => {
    expect([searchSnippet('yaml'), searchSnippet('nginx')].map((lines) => lines.split('\n').length)).toEqual([5, 1]);
  });

  it('has a command that says whom a user is shown, and why', async () => {
    const { code, stdout } = await islet.command('search', 'vertr mül', '--as', '@bert:example.org');
    expect(stdout.trim()).toBe(
      '1. Anna Müller  @anna:example.org\n' +
        '   source staff: beginning vertrieb in another attribute, beginning muller in the name; score 4',
    );
    expect(code).toBe(0);
    expect(await islet.command('search', 'nobody', '--as', '@bert:example.org')).toMatchObject({
      code: 1,
      stdout: 'nobody was found\n',
    });
    const unknownUser = await islet.command('search', 'mülle', '--as', '@bert:example.net');
    expect(unknownUser).toMatchObject({ code: 1, stdout: expect.stringContaining('search.showTo') });
  });

  it('is right that the log has one line for each search, without tokens and search terms', () => {
    expect(islet.log()).not.toMatch(/of-bert|mülle|vertr/);
    expect(islet.log()).toMatch(/"event":"people_search".*"user":"@bert:example.org"/);
  });

  it('is right that the search finds the same after a restart, while the directory and the homeserver are down', async () => {
    await slapd.pause();
    await homeserver.close();
    await islet.restart();
    const again = () => islet.command('search', 'mülle', '--as', '@bert:example.org', '--json');
    await eventually(async () => (await again()).code === 0, 60_000);
    expect(JSON.parse((await again()).stdout)).toMatchObject({
      people: [{ mxid: '@anna:example.org' }],
      isLimited: false,
    });
  });
});
