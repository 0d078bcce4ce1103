import { eventually } from '../../../test/support/eventually.js';
import { ID_SERVER } from '../environment.js';
import type { Scenario } from '../scenario.js';

/** Tests invitations of people who are unknown until they have an account. */
export async function inviteNewcomers(scenario: Scenario): Promise<void> {
  const { alice, erin, report } = scenario;
  const address = 'Gina@Home.Test';
  const rooms: string[] = [];

  await report.step('Six rooms and more, one new address', async () => {
    for (let number = 1; number <= 7; number += 1) {
      const room = await alice.createRoom({ name: `Berth ${number}` });
      if (await scenario.invite(alice, room, address)) rooms.push(room);
    }
    const room = await erin.createRoom({ name: 'Lighthouse' });
    if (await scenario.invite(erin, room, address)) rooms.push(room);
    await eventually(() => scenario.mailsTo('gina@home.test').length > 0);
    report.note(`${scenario.mailsTo('gina@home.test').length} mails for ${rooms.length} invitations`);
  });

  await report.step('A room without a name', async () => {
    const room = await alice.createRoom({ preset: 'trusted_private_chat', is_direct: true });
    const [newcomer] = ['hugo@home.test'];
    await scenario.invite(alice, room, newcomer);
    const { mail } = await eventually(() => scenario.mailsTo(newcomer).at(-1));
    report.note(mail.subject ?? '');
    report.note((mail.text ?? '').split('\n').slice(0, 4).join(' / '));
    report.check('the mail does not speak of "the room"', !/\bto the room\b/.test(mail.text ?? ''));
  });

  await report.step('The newcomer binds the address through the homeserver', async () => {
    const gina = await scenario.register('gina');
    report.check('bind: 200', (await scenario.bind(gina, 'gina@home.test')) === 200);
    for (const room of rooms) await scenario.expectInvited(gina, room);
  });

  await report.step('A homeserver that says 403, because its room has no invitation yet', async () => {
    const ivo = await scenario.register('ivo');
    const room = await alice.createRoom({ name: 'Mole' });
    const stored = await (await scenario.identity(alice)).request('POST', '/v2/store-invite', {
      medium: 'email',
      address: 'ivo@home.test',
      room_id: room,
      sender: alice.mxid,
    });
    const since = Date.now();
    await scenario.bind(ivo, 'ivo@home.test');
    const refused = await eventually(() => scenario.seen(since, /onbind/).find(({ status }) => status !== 200));
    report.check('onbind is refused with 403', refused.status === 403, refused.response);
    const { token, display_name, public_keys, public_key } = stored.json;
    const content = { display_name, public_keys, public_key, key_validity_url: public_keys[0].key_validity_url };
    const path = `/rooms/${encodeURIComponent(room)}/state/m.room.third_party_invite/${token}`;
    report.check('then the room gets it', (await alice.request('PUT', path, content)).status === 200);
    await scenario.expectInvited(ivo, room);
  });

  await report.step('A deactivated account', async () => {
    const jana = await scenario.register('jana');
    report.check(
      'bind with the default port: 200',
      (await scenario.bind(jana, 'jana@home.test', `${ID_SERVER}:443`)) === 200,
    );
    const since = Date.now();
    const gone = await alice.admin('POST', `/_synapse/admin/v1/deactivate/${encodeURIComponent(jana.mxid)}`, {});
    report.check('deactivation: 200', gone.status === 200, gone.json);
    for (const { status, response } of scenario.seen(since, /unbind/)) report.note(`unbind: ${status} ${response}`);
    report.check('nobody is found by the address', (await scenario.lookUp('jana@home.test')) === undefined);
  });
}
