import { describe, expect, it } from 'vitest';
import { searchCheck } from '../../../src/app/doctor/check-search.js';
import type { HttpClient } from '../../../src/ports/http-client.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';
import { startApp } from '../../support/test-app.js';

const SEARCH = '/_matrix/client/v3/user_directory/search';
const WELL_KNOWN = 'https://example.org/.well-known/matrix/client';
const discovery = { status: 200, body: '{"m.homeserver":{"base_url":"https://chat.example.org/"}}' };
const [INTERNAL, PUBLIC, PLAIN] = ['http://127.0.0.1:8008', 'https://chat.example.org', 'https://example.org'];

type Answers = Readonly<Record<string, { readonly status: number; readonly body?: string }>>;

const { config } = loadFromEtc(
  `sources: [{ ldap: { name: a, urls: ["ldaps://dc1"], bases: ["dc=example"], homeserver: example.org, preset: openldap } }]
search: { homeserver: "${INTERNAL}" }`,
);

async function found(answers: Answers, isRunning = true): Promise<readonly string[]> {
  const http: HttpClient = {
    async request({ url }) {
      const answer = answers[url];
      if (!answer) throw new Error(`${url}: connection refused`);
      return { status: answer.status, body: answer.body ?? '', headers: {} };
    },
  };
  return (await searchCheck(config, isRunning, http)()).map(({ state, words }) => `${state}: ${words}`);
}

describe('the check of the user search', () => {
  const right: Answers = {
    [`${INTERNAL}${SEARCH}`]: { status: 401 },
    [WELL_KNOWN]: discovery,
    [`${PUBLIC}${SEARCH}`]: { status: 508 },
  };

  it('succeeds if the homeserver answers inside, and Islet answers clients', async () => {
    expect(await found(right)).toEqual([
      `ok: ${INTERNAL}${SEARCH} answers, and is the homeserver itself`,
      `ok: clients of example.org reach Islet at ${PUBLIC}${SEARCH}`,
    ]);
    const withoutDiscovery = { ...right, [WELL_KNOWN]: { status: 404 }, [`${PLAIN}${SEARCH}`]: { status: 508 } };
    expect((await found(withoutDiscovery))[1]).toMatch(/^ok/);
  });

  it.each<[string, Answers, RegExp]>([
    [
      'search.homeserver is the proxy',
      { [`${INTERNAL}${SEARCH}`]: { status: 508 } },
      /^failure: .* leads back to Islet/,
    ],
    ['another program answers', { [`${INTERNAL}${SEARCH}`]: { status: 404 } }, /^failure: .* -> 404/],
    [
      'the proxy sends the search to the homeserver',
      { [`${PUBLIC}${SEARCH}`]: { status: 401 } },
      /-> 401: searches of/,
    ],
    ['the proxy does not reach Islet', { [`${PUBLIC}${SEARCH}`]: { status: 502 } }, /-> 502: searches of clients/],
    ['the public URL is unknown', { [WELL_KNOWN]: { status: 500 } }, /^warning: it is not known .* refused/],
  ])('reports that %s', async (_what, answers, expected) => {
    expect(await found({ ...right, ...answers })).toContainEqual(expect.stringMatching(expected));
  });

  it('reports that nothing answers, and sends no request from outside while no server is running', async () => {
    expect(await found({}, false)).toEqual([
      `failure: ${INTERNAL}${SEARCH}: connection refused`,
      'skipped: not known whether clients reach it: no server is running here',
    ]);
  });

  it('recognises Islet by its response', async () => {
    const app = await startApp({ search: {} });
    const headers = { 'X-Islet-Search': '1' };
    expect(await app.callClient('POST', SEARCH, { headers, body: { search_term: 'a' } })).toMatchObject({
      status: 508,
    });
    await app.close();
  });
});
