import { parse } from 'yaml';
import { searchSnippet } from '../../../test/support/docs/search-page.js';
import { eventually } from '../../../test/support/eventually.js';
import { type RunningIslet, startIslet } from '../../../test/support/islet.js';
import { person, unit } from '../../../test/support/ldif.js';
import { sourceFor } from '../../../test/support/people.js';
import { startProxy } from '../../../test/support/proxies.js';
import { Slapd } from '../../../test/support/slapd.js';
import { type Answer, type MatrixClient, requestJson } from '../matrix-client.js';
import type { Scenario } from '../scenario.js';

const PATH = '/_matrix/client/v3/user_directory/search';
/** Half of the surname of two people in the directory. */
const HALF = { search_term: 'söre' };
const personLdif = (uid: string, givenName: string, sn: string): string =>
  person(uid, { displayName: `${givenName} ${sn}`, givenName, sn, mail: `${uid}@corp.test` });
/** Nils has no account. */
const LDIF = [
  unit('people'),
  personLdif('hanna', 'Hanna', 'Sörensen'),
  personLdif('nils', 'Nils', 'Sörensen'),
  personLdif('lea', 'Lea', 'Lund'),
].join('');

type Closing = (() => Promise<void>)[];

/** Searches by a user without any room: of the homeserver alone, and through nginx, which hands them to Islet. */
export async function findPeople(scenario: Scenario): Promise<void> {
  const { report } = scenario;
  const closing: Closing = [];
  await report.step('Somebody who shares no room is found by half of the surname, and invited', async () => {
    const [lea, hanna] = [await scenario.register('lea'), await scenario.register('hanna')];
    const name = { displayname: 'Hanna Sörensen (Quay)' };
    await hanna.request('PUT', `/profile/${encodeURIComponent(hanna.mxid)}/displayname`, name);
    const url = await startSearch(lea, closing);
    const [leaByNginx, hannaByNginx] = [lea.at(url), hanna.at(url)];

    const alone = await search(lea);
    report.check('the homeserver alone finds nobody', alone.status === 200 && namesIn(alone) === '', alone.json);
    for (const path of [PATH, PATH.replace('v3', 'r0')]) {
      const { status, json } = await leaByNginx.admin('POST', path, HALF);
      const isFound = namesIn({ status, json }) === `${hanna.mxid} ${name.displayname}`;
      report.check(
        `${path} by nginx finds the colleague by the name of the profile, and nobody without an account`,
        isFound,
        json,
      );
    }
    report.note(`median of 50 searches: ${await median(lea)} ms alone, ${await median(leaByNginx)} ms by nginx`);

    const [hit] = (await search(leaByNginx)).json.results;
    const chat = { preset: 'trusted_private_chat', is_direct: true, invite: [hit.user_id] };
    await scenario.expectInvited(hannaByNginx, await leaByNginx.createRoom(chat));

    const known = await eventually(async () => namesIn(await search(lea)), 60_000);
    report.check('now the homeserver alone finds them', known === `${hanna.mxid} ${name.displayname}`, known);
    const found = namesIn(await search(leaByNginx));
    report.check('and by nginx they are found once, with the name of the homeserver', found === known, found);

    const [refused, refusedAlone] = await Promise.all(
      [url, lea.homeserver.url].map((base) => requestJson(base + PATH, 'POST', HALF, 'wrong')),
    );
    const isSame = JSON.stringify(refused) === JSON.stringify(refusedAlone);
    report.check('a wrong token: 401, as the homeserver says it', isSame && refused?.status === 401, refused);
  });
  for (const close of closing.toReversed()) await close();
}

/** Starts a directory, Islet and nginx as docs/topics/search.md has it. @returns the URL for clients */
async function startSearch({ homeserver, mxid }: MatrixClient, closing: Closing): Promise<string> {
  const slapd = await Slapd.start({ ldif: LDIF });
  closing.push(() => slapd.stop());
  const { search: options } = parse(searchSnippet('yaml')) as { search: Record<string, unknown> };
  const islet = await startIslet({
    server: { name: 'people.test' },
    listen: { trustedProxies: ['127.0.0.1/32'] },
    sources: [sourceFor(slapd, { homeserver: homeserver.name, accounts: 'check' })],
    homeservers: { [homeserver.name]: { url: homeserver.url } },
    search: { ...options, homeserver: homeserver.url },
  });
  closing.push(() => islet.remove());
  const lines = searchSnippet('nginx').replaceAll('127.0.0.1:8090', new URL(islet.url).host);
  const nginx = await startProxy('nginx', homeserver.url, lines);
  closing.push(() => nginx.close());
  await eventually(async () => (await countWithoutAccount(islet)) === 1, 60_000);
  const isThere = async () => (await islet.command('search', HALF.search_term, '--as', mxid)).code === 0;
  await eventually(isThere, 60_000);
  return nginx.url;
}

async function countWithoutAccount({ adminUrl }: RunningIslet): Promise<number> {
  return (await requestJson(`${adminUrl}/health/ready`, 'GET')).json.checks.accounts?.absent;
}

const search = (user: MatrixClient): Promise<Answer> => user.admin('POST', PATH, HALF);

/** Who was found, e.g. `@hanna:hs1.test Hanna Sörensen`, in the order of the answer. */
const namesIn = ({ json }: Answer): string =>
  (json.results as { user_id: string; display_name: string }[] | undefined)
    ?.map(({ user_id, display_name }) => `${user_id} ${display_name}`)
    .join(', ') ?? 'no answer';

/** How long a search takes, in ms. */
async function median(user: MatrixClient): Promise<string> {
  const times: number[] = [];
  for (let at = 0; at < 50; at += 1) {
    const start = performance.now();
    await search(user);
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[25]?.toFixed(1) ?? '-';
}
