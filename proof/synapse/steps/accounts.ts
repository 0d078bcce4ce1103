import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../../test/support/eventually.js';
import { ID_SERVER } from '../environment.js';
import { requestJson } from '../matrix-client.js';
import type { Scenario } from '../scenario.js';

const PROFILE = '/_matrix/client/v3/profile';

/** Tests the account status that a homeserver reports, and the effects of deactivating an account. */
export async function checkAccounts(scenario: Scenario): Promise<void> {
  const { alice, report } = scenario;
  const { hs1, islet } = scenario.environment;

  await report.step('Profiles, for whoever asks', async () => {
    const empty = await scenario.register('empty');
    await empty.request('PUT', `/profile/${encodeURIComponent(empty.mxid)}/displayname`, { displayname: '' });
    for (const [name, erase] of [
      ['closed', false],
      ['erased', true],
    ] as const) {
      const { mxid } = await scenario.register(name);
      await alice.admin('POST', `/_synapse/admin/v1/deactivate/${encodeURIComponent(mxid)}`, { erase });
    }
    // Sent through the proxy, so that the requests are in the recording.
    for (const name of ['alice', 'empty', 'closed', 'erased', 'nobody']) {
      const mxid = encodeURIComponent(`@${name}:hs1.test`);
      const answer = await requestJson(`${hs1.url}${PROFILE}/${mxid}`, 'GET');
      const field = await requestJson(`${hs1.url}${PROFILE}/${mxid}/displayname`, 'GET');
      report.note(
        `${name}: ${answer.status} ${JSON.stringify(answer.json)}, displayname: ${field.status} ${JSON.stringify(field.json)}`,
      );
      const exists = name !== 'erased' && name !== 'nobody';
      report.check(`the display name of ${name} tells whether there is an account`, (field.status === 200) === exists);
    }
  });

  await report.step('Bound at Islet itself, and then deactivated', async () => {
    const karl = await scenario.register('karl');
    const secret = 'secret-of-karl';
    const sid = await scenario.validate(karl, 'karl@home.test', secret);
    const identity = await scenario.identity(karl);
    const bound = await identity.request('POST', '/v2/3pid/bind', { sid, client_secret: secret, mxid: karl.mxid });
    report.check('bind: 200', bound.status === 200);
    report.check('the address is found', (await scenario.lookUp('karl@home.test')) === karl.mxid);
    await alice.admin('POST', `/_synapse/admin/v1/deactivate/${encodeURIComponent(karl.mxid)}`, {});
    // Islet checks again five minutes after the last result.
    const isGone = await eventually(async () => {
      await pause(5_000);
      return (await scenario.lookUp('karl@home.test')) === undefined;
    }, 7 * 60_000).catch(() => false);
    report.check('the address is found no longer', isGone);
    report.check('the token is no good any more', (await identity.request('GET', '/v2/account')).status === 401);
  });

  await report.step('Paths with two slashes', async () => {
    const { token } = await scenario.identity(alice);
    const { status } = await requestJson(`${islet.url}//_matrix/identity/v2/hash_details`, 'GET', undefined, token);
    report.check('//_matrix/identity/v2/hash_details: 200', status === 200, status);
    const bare = await requestJson(`${islet.url}//_matrix/identity/v2/hash_details`, 'GET');
    report.check('and 401 without a token', bare.status === 401, bare.status);
    report.note(ID_SERVER);
  });
}
