import { email, msisdn } from '../../src/domain/identifiers/threepid.js';
import { alice, bob } from './fakes.js';
import type { TestApp } from './test-app.js';

/** A user who occurs in no request, so no response may contain anything about them. */
export const unknownUser = {
  mxid: '@quiet.quentin:example.org',
  email: 'q.quentin@hidden.example',
  msisdn: '447700900999',
} as const;

const session = ['sid', 'client_secret'];
const mail = ['email', 'client_secret', 'send_attempt', 'next_link'];
const phone = ['phone_number', 'country', 'client_secret', 'send_attempt', 'next_link'];
const invite = ['medium', 'address', 'room_id', 'sender', 'room_name', 'org.matrix.web_client_location'];

/** The parameters of each endpoint. */
const ofBoth = [
  ['GET', '', []],
  ['GET', '/pubkey/ed25519:0', []],
  ['GET', '/pubkey/isvalid', ['public_key']],
  ['GET', '/pubkey/ephemeral/isvalid', ['public_key']],
  ['POST', '/validate/email/requestToken', mail],
  ['POST', '/validate/email/submitToken', [...session, 'token']],
  ['GET', '/validate/email/submitToken', [...session, 'token']],
  ['POST', '/validate/msisdn/requestToken', phone],
  ['POST', '/validate/msisdn/submitToken', [...session, 'token']],
  ['GET', '/validate/msisdn/submitToken', [...session, 'token']],
  ['GET', '/3pid/getValidated3pid', session],
  ['POST', '/3pid/bind', [...session, 'mxid']],
  ['POST', '/store-invite', invite],
  ['POST', '/sign-ed25519', ['mxid', 'invite_token', 'private_key']],
] as const;
export const endpoints = [
  ['GET', '/versions', []],
  ['POST', '/v2/account/register', ['access_token', 'token_type', 'matrix_server_name', 'expires_in']],
  ['GET', '/v2/account', []],
  ['POST', '/v2/account/logout', []],
  ['GET', '/v2/terms', []],
  ['POST', '/v2/terms', ['user_accepts']],
  ['GET', '/v2/hash_details', []],
  ['POST', '/v2/lookup', ['algorithm', 'pepper', 'addresses']],
  ['GET', '/api/v1/lookup', ['medium', 'address']],
  ['POST', '/api/v1/bulk_lookup', ['threepids']],
  ...['/v2', '/api/v1'].flatMap((prefix) =>
    ofBoth.map(([method, path, names]) => [method, `${prefix}${path}`, names] as const),
  ),
  ['POST', '/v2/3pid/unbind', ['mxid', 'threepid', ...session]],
] as const satisfies readonly (readonly [method: string, path: string, names: readonly string[]])[];

/** Prepares data so that every parameter has a valid value. */
export async function prepare(app: TestApp): Promise<Record<string, unknown>> {
  await app.bind(email(unknownUser.email), unknownUser.mxid);
  await app.bind(msisdn(unknownUser.msisdn), unknownUser.mxid);
  app.directory.add(email('quentin@staff.example'), unknownUser.mxid);
  await app.bind(email('bob@example.com'), bob);

  const token = await app.signIn(alice);
  const post = async (path: string, body: object) => (await app.call('POST', `/v2${path}`, { token, body })).json;
  const request = { email: 'alice@example.com', client_secret: 'monkeys', send_attempt: 1 };
  const { sid } = await post('/validate/email/requestToken', request);
  await post('/validate/email/submitToken', { sid, client_secret: 'monkeys', token: app.mails.token });
  const invitation = { medium: 'email', address: 'carol@example.com', room_id: '!room:example.org', sender: alice };
  const { token: inviteToken, public_keys } = await post('/store-invite', invitation);
  const { lookup_pepper } = (await app.call('GET', '/v2/hash_details', { token })).json;
  return {
    ...request,
    ...invitation,
    sid,
    token: app.mails.token,
    invite_token: inviteToken,
    private_key: 'A'.repeat(43),
    public_key: public_keys[1].public_key,
    mxid: alice,
    phone_number: '+447700900001',
    country: 'GB',
    next_link: 'https://app.example.org/',
    algorithm: 'none',
    pepper: lookup_pepper,
    addresses: ['bob@example.com email', 'carol@example.com email'],
    threepids: [['email', 'bob@example.com']],
    threepid: { medium: 'email', address: 'alice@example.com' },
    user_accepts: ['https://example.org/privacy'],
    matrix_server_name: 'example.org',
    access_token: `openid of ${alice}`,
    token_type: 'Bearer',
    expires_in: 3600,
    room_name: 'Harbour',
  };
}

/** Valid values for the parameters of an endpoint. */
export const rightFor = (names: readonly string[], all: Record<string, unknown>) =>
  Object.fromEntries(names.map((name) => [name === 'invite_token' ? 'token' : name, all[name]]));
