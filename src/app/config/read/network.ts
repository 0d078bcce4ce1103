import { inUrl, isEveryAddress, isLoopback } from '../../../adapters/shared/hosts.js';
import type { ConfigReader } from '../input/reader.js';
import type { Settings } from './settings.js';

/** The identity of the server, and the addresses that it listens on. */
export function readNetwork({ server, listen, admin }: Settings, reading: ConfigReader) {
  const { problems, warnings } = reading;
  if (!reading.isGiven(['server', 'name']) && !problems.hasErrorAt(['server', 'name'])) {
    warnings.push(
      `server.name is not set: associations are signed as "${server.name}", and other servers cannot verify them`,
    );
  }
  if (!isLoopback(admin.host)) {
    warnings.push(`admin.host is ${admin.host}: make sure that only operators can reach port ${admin.port}`);
  }
  if ((admin.userHeader !== undefined) !== admin.trustedProxies.length > 0) {
    const [given, missing] =
      admin.userHeader === undefined ? ['trustedProxies', 'userHeader'] : ['userHeader', 'trustedProxies'];
    problems.add(['admin', given], `has no effect without admin.${missing}`, 'set both, or none');
  }
  const isSamePort = listen.port === admin.port && listen.port !== 0;
  if (isSamePort && (listen.host === admin.host || isEveryAddress(listen.host) || isEveryAddress(admin.host))) {
    problems.add(['admin', 'port'], 'is also the port of "listen"', 'choose another one');
  }
  const localHost = isEveryAddress(listen.host) ? 'localhost' : listen.host;
  const publicUrl = server.publicUrl ?? `http://${inUrl(localHost)}:${listen.port}`;
  return { server: { ...server, publicUrl }, listen, admin };
}
