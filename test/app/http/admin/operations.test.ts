import { describe, expect, it } from 'vitest';
import { email, msisdn } from '../../../../src/domain/identifiers/threepid.js';
import { ADMIN_TOKEN, type TestApp } from '../../../support/test-app.js';
import { alice, bob, FakeDirectory } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';
import { queued } from '../../../support/jobs.js';

const token = ADMIN_TOKEN;
const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString();

/** The response to a homeserver that invites Carol. */
async function invite(app: TestApp) {
  const body = { medium: 'email', address: 'carol@example.com', room_id: '!room:example.org', sender: alice };
  return (await app.call('POST', '/v2/store-invite', { token: await app.signIn(alice), body })).json;
}

/** The complete log as one text. */
const log = (app: TestApp) => JSON.stringify(app.telemetry.lines.map(({ message, facts }) => [message, facts]));

describe('operations on the admin listener', () => {
  const app = useApp({ directories: [{ directory: new FakeDirectory('staff'), maxShrink: 1 }] });

  it.for([
    ['GET', '/invites'],
    ['POST', '/invites/revoke?token=x'],
    ['GET', '/bindings'],
    ['GET', '/tokens'],
    ['POST', `/tokens/end?${query({ mxid: alice })}`],
    ['POST', `/bindings/bind?${query({ address: 'alice@example.com', mxid: alice })}`],
    ['POST', `/bindings/unbind?${query({ address: 'alice@example.com', mxid: alice })}`],
  ] as const)('require the admin token for %s %s', async ([method, path]) => {
    await app.bind(email('alice@example.com'), bob);
    const { status, text } = await app.callAdmin(method, path, { token: await app.signIn(alice) });
    expect(status).toBe(401);
    expect(text).not.toContain('alice@');
    expect(await app.stores.associations.find([email('alice@example.com')])).toMatchObject([{ mxid: bob }]);
  });

  it('list signed-in users without their tokens, and revoke the tokens of one user', async () => {
    const tokens = [await app.signIn(alice), await app.signIn(alice), await app.signIn(bob)];
    const list = async (who?: string) =>
      (await app.callAdmin('GET', `/tokens${who === undefined ? '' : `?${query({ who })}`}`, { token })).json.tokens;
    const [at, of] = [app.clock.now(), (mxid: string) => ({ mxid, createdAt: app.clock.now(), usedAt: at })];
    expect(await list()).toEqual([of(alice), of(alice), of(bob)]);
    expect(await list(bob)).toEqual([of(bob)]);
    expect((await app.callAdmin('GET', '/tokens?who=alice', { token })).status).toBe(400);

    const end = (mxid: string) => app.callAdmin('POST', `/tokens/end?${query({ mxid })}`, { token });
    expect((await end(alice)).json).toEqual({ ended: 2 });
    expect((await end(alice)).json).toEqual({ ended: 0 });
    const statuses = [];
    for (const accessToken of tokens)
      statuses.push((await app.call('GET', '/v2/account', { token: accessToken })).status);
    expect(statuses).toEqual([401, 401, 200]);
    expect(app.telemetry.all('access tokens revoked by an operator')).toMatchObject([{ mxid: alice, count: 2 }]);
  });

  it('show invitations, oldest first, delivered or not', async () => {
    const first = await invite(app);
    app.clock.pass(1000);
    const second = await invite(app);
    await app.stores.invites.deliver([second.token], 7, []);
    const { json } = await app.callAdmin('GET', '/invites', { token });
    expect(json.invites).toMatchObject([
      { token: first.token, threepid: email('carol@example.com'), roomId: '!room:example.org', sender: alice },
      { token: second.token, deliveredAt: 7 },
    ]);
    expect(json.invites[0]).not.toHaveProperty('deliveredAt');
  });

  it('revoke an invitation: it is not signed or delivered any more, and its key is invalid (KEY-4, SIGN-2)', async () => {
    const { token: inviteToken, public_keys } = await invite(app);
    const isValid = async () => {
      const path = `/v2/pubkey/ephemeral/isvalid?${query({ public_key: public_keys[1].public_key })}`;
      return (await app.call('GET', path)).json.valid;
    };
    expect(await isValid()).toBe(true);
    const revoke = () => app.callAdmin('POST', `/invites/revoke?${query({ token: inviteToken })}`, { token });
    expect((await revoke()).json).toEqual({ found: true });
    expect((await revoke()).json).toEqual({ found: false });

    expect(await isValid()).toBe(false);
    const private_key = Buffer.alloc(32, 1).toString('base64');
    const sign = query({ mxid: bob, token: inviteToken, private_key });
    const { status, json } = await app.call('POST', `/v2/sign-ed25519?${sign}`);
    expect([status, json.errcode]).toEqual([404, 'M_UNRECOGNIZED']);
    expect(await app.stores.invites.waitingThreepids()).toEqual([]);
    expect(app.telemetry.all('invitation revoked by an operator')).toEqual([
      { room: '!room:example.org', sender: alice },
    ]);
    expect(log(app)).not.toContain(inviteToken);
  });

  it('bind an address: lookups find it at once, and its homeserver is notified', async () => {
    const path = `/bindings/bind?${query({ address: 'Alice+Home@Example.com', mxid: alice })}`;
    expect(await app.callAdmin('POST', path, { token })).toMatchObject({ status: 200, json: {} });
    const users = await app.services.lookupService.findUsers([email('alice+home@example.com')]);
    expect([...users.values()]).toEqual([alice]);
    expect(await queued(app.stores.jobs, 'notify-bound')).toMatchObject([{ mxid: alice }]);
    expect(app.telemetry.all('address bound by an operator')).toEqual([{ medium: 'email', mxid: alice }]);
    expect(log(app)).not.toMatch(/home/i);
  });

  it('do not bind an address that a directory assigns to another user', async () => {
    app.directory.add(email('alice@example.com'), bob);
    const path = `/bindings/bind?${query({ address: 'alice@example.com', mxid: alice })}`;
    const { status, json } = await app.callAdmin('POST', path, { token });
    expect([status, json.errcode, json.mxid]).toEqual([400, 'M_THREEPID_IN_USE', bob]);
    expect(app.telemetry.all('address bound by an operator')).toEqual([]);
  });

  it('unbind an address only from its own user', async () => {
    await app.bind(msisdn('492215551234'), alice);
    const unbind = async (mxid: string) =>
      (await app.callAdmin('POST', `/bindings/unbind?${query({ address: '+49 221 5551234', mxid })}`, { token })).json;
    expect(await unbind(bob)).toEqual({ found: false });
    expect(await unbind(alice)).toEqual({ found: true });
    expect(await unbind(alice)).toEqual({ found: false });
    expect((await app.services.lookupService.findUsers([msisdn('492215551234')])).size).toBe(0);
    expect(app.telemetry.all('address unbound by an operator')).toEqual([{ medium: 'msisdn', mxid: alice }]);
  });

  it.for([
    ['all', undefined, ['alice@example.com', '492215551234', 'bob@example.com']],
    ['those of a user', alice, ['alice@example.com', '492215551234']],
    ['that of an address', 'BOB@example.com', ['bob@example.com']],
    ['none of a stranger', '@carol:example.org', []],
  ] as const)('show bindings: %s', async ([_case, who, addresses]) => {
    await app.bind(email('alice@example.com'), alice);
    await app.bind(email('bob@example.com'), bob);
    await app.callAdmin('POST', `/bindings/bind?${query({ address: '+492215551234', mxid: alice })}`, { token });
    const { json } = await app.callAdmin('GET', `/bindings${who === undefined ? '' : `?${query({ who })}`}`, { token });
    const found = (json.bindings as { threepid: { address: string } }[]).map(({ threepid }) => threepid.address);
    expect(new Set(found)).toEqual(new Set(addresses));
  });

  it('show suspended bindings and waiting invitations of people who left their directory', async () => {
    await app.bind(email('alice@example.com'), alice);
    await app.bind(email('bob@example.com'), bob);
    const person = { source: 'staff', entryId: 'A', mxid: alice, person: 'A', since: undefined, leftAt: undefined };
    await app.stores.assignments.add([{ ...person, addresses: [email('carol@example.com')] }]);
    await app.stores.assignments.assignBindings();
    const [waiting, other] = [await invite(app), await invite(app)];
    await app.stores.invites.deliver([other.token], 7, []);
    await app.stores.assignments.reconcile('staff', ['staff'], 42);

    const bindings = async (parameters: Record<string, string>) =>
      (await app.callAdmin('GET', `/bindings?${query(parameters)}`, { token })).json.bindings;
    const suspended = { since: 42, source: 'staff' };
    expect(await bindings({ suspended: 'true' })).toMatchObject([{ mxid: alice, suspended }]);
    expect(await bindings({ suspended: 'true', who: bob })).toEqual([]);
    expect(await bindings({ suspended: 'false' })).toHaveLength(2);
    expect((await app.services.lookupService.findUsers([email('alice@example.com')])).size).toBe(0);
    expect((await app.callAdmin('GET', '/lookup?address=alice@example.com', { token })).json.sources).toMatchObject([
      { source: 'staff' },
      { source: 'bindings', outcome: 'unknown', traces: [{ suspended: { mxid: alice, ...suspended } }] },
    ]);
    const { invites } = (await app.callAdmin('GET', '/invites', { token })).json;
    expect(invites).toMatchObject([
      { token: waiting.token, suspended: { mxid: alice, ...suspended } },
      { token: other.token, deliveredAt: 7 },
    ]);
    expect(invites[1]).not.toHaveProperty('suspended');
  });

  it.for([
    ['GET', '/bindings?suspended=maybe', 'M_INVALID_PARAM'],
    ['POST', '/bindings/bind', 'M_MISSING_PARAMS'],
    ['POST', `/bindings/bind?${query({ address: 'alice', mxid: alice })}`, 'M_INVALID_ADDRESS'],
    ['POST', `/bindings/bind?${query({ address: 'alice@example.com', mxid: 'alice' })}`, 'M_INVALID_PARAM'],
    ['GET', '/bindings?who=@alice', 'M_INVALID_PARAM'],
    ['POST', '/invites/revoke', 'M_MISSING_PARAMS'],
  ] as const)('refuse %s %s', async ([method, path, errcode]) => {
    const { status, json } = await app.callAdmin(method, path, { token });
    expect([status, json.errcode]).toEqual([400, errcode]);
  });
});
