import { ID_SERVER } from '../environment.js';
import type { Walk } from '../walk.js';

/** Tests invitations of people whom the identity server knows, in each possible way. */
export async function inviteKnownPeople(walk: Walk): Promise<void> {
  const { alice, erin, report } = walk;
  const bob = await walk.register('bob');
  const carol = await walk.register('carol');
  const dora = await walk.register('dora');

  await report.step('Somebody who is found by hash', async () => {
    const room = await alice.createRoom({ name: 'Quay' });
    if (await walk.invite(alice, room, 'bob@corp.test')) await walk.expectInvited(bob, room);
  });

  await report.step('An address as its owner writes it, with capital letters', async () => {
    for (const address of ['Bob@Corp.Test', 'Carol.Jones@corp.test', 'CAROL.JONES@CORP.TEST']) {
      const room = await alice.createRoom({ name: address });
      if (await walk.invite(alice, room, address))
        await walk.expectInvited(address.startsWith('Bob') ? bob : carol, room);
    }
  });

  await report.step('Somebody who is known in clear only', async () => {
    const since = Date.now();
    const room = await alice.createRoom({ name: 'Pier' });
    if (await walk.invite(alice, room, 'dora@corp.test')) await walk.expectInvited(dora, room);
    report.check('no mail goes to them', walk.mailsTo('dora@corp.test').length === 0);
    for (const { status, response } of walk.seen(since, /onbind/)) report.note(`onbind: ${status} ${response}`);
  });

  await report.step('A direct chat, made together with the invitation', async () => {
    const before = (await alice.joinedRooms()).length;
    const { token } = await walk.identity(alice);
    const invitation = { id_server: ID_SERVER, id_access_token: token, medium: 'email', address: 'dora@corp.test' };
    const { status, json } = await alice.request('POST', '/createRoom', {
      preset: 'trusted_private_chat',
      is_direct: true,
      invite_3pid: [invitation],
    });
    report.check('createRoom: 200', status === 200, json);
    report.check('exactly one room is made', (await alice.joinedRooms()).length === before + 1);
    if (status === 200) await walk.expectInvited(dora, json.room_id);
  });

  await report.step('The same from another homeserver', async () => {
    const room = await erin.createRoom({ name: 'Harbour', room_version: '12' });
    if (await walk.invite(erin, room, 'dora@corp.test')) await walk.expectInvited(dora, room);
  });
}
