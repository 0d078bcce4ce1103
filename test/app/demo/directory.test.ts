import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { DEMO_BIND_DN, DEMO_BIND_PASSWORD, startDirectory } from '../../../src/app/demo/directory.js';
import { listed, sourceOf } from '../../support/ldap.js';

const BASE = 'ou=people,dc=example,dc=org';
const anna = {
  dn: `uid=anna,${BASE}`,
  attributes: { objectClass: ['inetOrgPerson'], uid: ['anna'], mail: ['anna@example.org'] },
};

it('the directory of the demo survives a client that does not speak LDAP', async () => {
  const directory = await startDirectory(BASE, [anna]);
  onTestFinished(() => directory.close());
  for (let time = 0; time < 2; time++) {
    const socket = connect(Number(new URL(directory.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.end(Buffer.from('30050201017f00', 'hex'));
    await once(socket, 'close');
  }
  const server = { url: directory.url, adminDn: DEMO_BIND_DN, adminPassword: DEMO_BIND_PASSWORD };
  const source = sourceOf(server, { bases: [BASE] });
  onTestFinished(() => source.close());
  expect((await listed(source)).map(({ label }) => label)).toEqual([anna.dn]);
});

it('the directory of the demo reports that its port is in use', async () => {
  const first = await startDirectory(BASE, []);
  onTestFinished(() => first.close());
  await expect(startDirectory(BASE, [], Number(new URL(first.url).port))).rejects.toThrow('EADDRINUSE');
});
