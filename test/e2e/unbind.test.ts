import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ed25519Signer } from '../../src/adapters/signing/ed25519-signer.js';
import { type HomeserverStandIn, startHomeserver } from '../support/homeserver.js';
import { type InProcess, serveInProcess } from '../support/in-process.js';

const signer = new Ed25519Signer('example.org', [{ keyId: 'ed25519:a_abc', seed: new Uint8Array(32).fill(5) }]);
const verifyKeys = { 'ed25519:a_abc': signer.keys[0].publicKey };
const KEYS = '/_matrix/key/v2/server';

describe('unbinding on a network whose proxy does not forward key requests', () => {
  let homeserver: HomeserverStandIn;
  let islet: InProcess | undefined;
  beforeEach(async () => {
    homeserver = await startHomeserver('example.org');
  });
  afterEach(async () => {
    await islet?.close();
    await homeserver.close();
  });

  /** Unbinds like Synapse. */
  async function unbind(known: object) {
    islet = await serveInProcess({
      server: { name: 'id.example.org' },
      homeservers: { 'example.org': { url: homeserver.url, ...known } },
    });
    const content = { mxid: '@alice:example.org', threepid: { medium: 'email', address: 'alice@example.org' } };
    const object = { method: 'POST', uri: '/_matrix/identity/v2/3pid/unbind', origin: 'example.org' };
    const signed = await signer.sign({ ...object, destination_is: 'id.example.org', content });
    const sig = signed.signatures['example.org']?.['ed25519:a_abc'];
    const authorization = `X-Matrix origin="example.org",key="ed25519:a_abc",sig="${sig}",destination="id.example.org"`;
    const response = await fetch(`${islet.url}${object.uri}`, {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify(content),
    });
    return { status: response.status, body: await response.json() };
  }
  const asked = () => homeserver.seen.map(({ url }) => url);

  it('works with keys from the configuration, without a request for keys', async () => {
    expect(await unbind({ verifyKeys })).toEqual({ status: 200, body: {} });
    expect(asked()).toEqual([]);
  });

  it('reports the missing keys, and does not make the homeserver forget the binding (UNB-11)', async () => {
    expect(await unbind({})).toEqual({
      status: 502,
      body: { errcode: 'M_UNKNOWN', error: 'could not fetch the signing keys of example.org: 404' },
    });
    expect(asked()).toEqual([KEYS]);
  });
});
