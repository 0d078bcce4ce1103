import { eventually } from '../../../test/support/eventually.js';
import { ID_SERVER } from '../environment.js';
import type { Walk } from '../walk.js';

/** Tests invitations of people who are unknown until they have an account. */
export async function inviteNewcomers(walk: Walk): Promise<void> {
  const { alice, erin, report } = walk;
  const address = 'Gina@Home.Test';
  const rooms: string[] = [];

  await report.step('Six rooms and more, one new address', async () => {
    for (let number = 1; number <= 7; number += 1) {
      const room = await alice.createRoom({ name: `Berth ${number}` });
      if (await walk.invite(alice, room, address)) rooms.push(room);
    }
    const room = await erin.createRoom({ name: 'Lighthouse' });
    if (await walk.invite(erin, room, address)) rooms.push(room);
    await eventually(() => walk.mailsTo('gina@home.test').length > 0);
    report.note(`${walk.mailsTo('gina@home.test').length} mails for ${rooms.length} invitations`);
  });

  await report.step('A room without a name', async () => {
    const room = await alice.createRoom({ preset: 'trusted_private_chat', is_direct: true });
    const [stranger] = ['hugo@home.test'];
    await walk.invite(alice, room, stranger);
    const { mail } = await eventually(() => walk.mailsTo(stranger).at(-1));
    report.note(mail.subject ?? '');
    report.note((mail.text ?? '').split('\n').slice(0, 4).join(' / '));
    report.check('the mail does not speak of "the room"', !/\bto the room\b/.test(mail.text ?? ''));
  });

  await report.step('The newcomer binds the address through the homeserver', async () => {
    const gina = await walk.register('gina');
    report.check('bind: 200', (await walk.bind(gina, 'gina@home.test')) === 200);
    for (const room of rooms) await walk.expectInvited(gina, room);
  });

  await report.step('A homeserver that says 403, because its room has no invitation yet', async () => {
    const ivo = await walk.register('ivo');
    const room = await alice.createRoom({ name: 'Mole' });
    const stored = await (await walk.identity(alice)).request('POST', '/v2/store-invite', {
      medium: 'email',
      address: 'ivo@home.test',
      room_id: room,
      sender: alice.mxid,
    });
    const since = Date.now();
    await walk.bind(ivo, 'ivo@home.test');
    const refused = await eventually(() => walk.seen(since, /onbind/).find(({ status }) => status !== 200));
    report.check('onbind is refused with 403', refused.status === 403, refused.response);
    const { token, display_name, public_keys, public_key } = stored.json;
    const content = { display_name, public_keys, public_key, key_validity_url: public_keys[0].key_validity_url };
    const path = `/rooms/${encodeURIComponent(room)}/state/m.room.third_party_invite/${token}`;
    report.check('then the room gets it', (await alice.request('PUT', path, content)).status === 200);
    await walk.expectInvited(ivo, room);
  });

  await report.step('A deactivated account', async () => {
    const jana = await walk.register('jana');
    report.check(
      'bind with the default port: 200',
      (await walk.bind(jana, 'jana@home.test', `${ID_SERVER}:443`)) === 200,
    );
    const since = Date.now();
    const gone = await alice.admin('POST', `/_synapse/admin/v1/deactivate/${encodeURIComponent(jana.mxid)}`, {});
    report.check('deactivation: 200', gone.status === 200, gone.json);
    for (const { status, response } of walk.seen(since, /unbind/)) report.note(`unbind: ${status} ${response}`);
    report.check('nobody is found by the address', (await walk.lookUp('jana@home.test')) === undefined);
  });
}
