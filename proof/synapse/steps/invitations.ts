import { ID_SERVER } from '../environment.js';
import type { Scenario } from '../scenario.js';

/** Tests invitations of people whom the identity server knows, in each possible way. */
export async function inviteKnownPeople(scenario: Scenario): Promise<void> {
  const { alice, erin, report } = scenario;
  const bob = await scenario.register('bob');
  const carol = await scenario.register('carol');
  const dora = await scenario.register('dora');

  await report.step('Somebody who is found by hash', async () => {
    const room = await alice.createRoom({ name: 'Quay' });
    if (await scenario.invite(alice, room, 'bob@corp.test')) await scenario.expectInvited(bob, room);
  });

  await report.step('An address as its owner writes it, with capital letters', async () => {
    for (const address of ['Bob@Corp.Test', 'Carol.Jones@corp.test', 'CAROL.JONES@CORP.TEST']) {
      const room = await alice.createRoom({ name: address });
      if (await scenario.invite(alice, room, address))
        await scenario.expectInvited(address.startsWith('Bob') ? bob : carol, room);
    }
  });

  await report.step('Somebody who is known in clear only', async () => {
    const since = Date.now();
    const room = await alice.createRoom({ name: 'Pier' });
    if (await scenario.invite(alice, room, 'dora@corp.test')) await scenario.expectInvited(dora, room);
    report.check('no mail goes to them', scenario.mailsTo('dora@corp.test').length === 0);
    for (const { status, response } of scenario.seen(since, /onbind/)) report.note(`onbind: ${status} ${response}`);
  });

  await report.step('A direct chat, made together with the invitation', async () => {
    const before = (await alice.joinedRooms()).length;
    const { token } = await scenario.identity(alice);
    const invitation = { id_server: ID_SERVER, id_access_token: token, medium: 'email', address: 'dora@corp.test' };
    const { status, json } = await alice.request('POST', '/createRoom', {
      preset: 'trusted_private_chat',
      is_direct: true,
      invite_3pid: [invitation],
    });
    report.check('createRoom: 200', status === 200, json);
    report.check('exactly one room is made', (await alice.joinedRooms()).length === before + 1);
    if (status === 200) await scenario.expectInvited(dora, json.room_id);
  });

  await report.step('The same from another homeserver', async () => {
    const room = await erin.createRoom({ name: 'Harbour', room_version: '12' });
    if (await scenario.invite(erin, room, 'dora@corp.test')) await scenario.expectInvited(dora, room);
  });
}
