import { withPreset } from '../../../../adapters/ldap/mapping/presets.js';
import { readTls } from '../../input/certificates.js';
import { isLoopback, outOfUrl } from '../../../../adapters/shared/hosts.js';
import type { LdapSettings } from '../../schema/sources/ldap.js';
import { readMirror } from './mirror.js';
import { omitUndefined } from '../../objects.js';
import type { KeyPath, Problems } from '../../errors/problems.js';
import type { ConfigReader } from '../../input/reader.js';
import { readSecret } from '../../input/secrets.js';

/** The options of a directory, with secrets and certificates read. */
export function readLdap(ldap: LdapSettings, at: KeyPath, reading: ConfigReader) {
  const { caFile, certFile, keyFile, bindPassword, bindPasswordFile, timeLimit, mirror, attributes, ...rest } = ldap;
  const written = { value: bindPassword, file: bindPasswordFile };
  const password = readSecret(reading, [...at, 'bindPassword'], written, ['sources', ldap.name, 'bindPassword']);
  const { problems } = reading;
  if (ldap.bindDn !== undefined && !password && !problems.hasErrorAt(at)) {
    problems.add(
      [...at, 'bindDn'],
      'needs a password: without one, many directories do an anonymous bind',
      'write bindPasswordFile',
    );
  }
  if (ldap.bindDn === undefined && password) {
    problems.add([...at, 'bindDn'], 'is required if there is a password');
  }
  checkEncryption(ldap, at, problems);
  checkNaming(ldap, at, problems);
  if (attributes.msisdn && ldap.phoneRegion === undefined) {
    reading.warnings.push(`source ${ldap.name}: without phoneRegion, phone numbers without a calling code are skipped`);
  }
  if (ldap.homeserver !== ldap.homeserver?.toLowerCase()) {
    reading.warnings.push(
      `source ${ldap.name}: the homeserver ${ldap.homeserver} has capital letters, and so have all user IDs of this source; homeservers distinguish capital letters`,
    );
  }
  return omitUndefined({
    kind: 'ldap' as const,
    ...rest,
    attributes: omitUndefined(attributes),
    ...readTls(reading, at, { caFile, certFile, keyFile }),
    bindPassword: password,
    timeLimitMs: timeLimit,
    mirror: readMirror(mirror),
    isListed: true,
    summary: `directory ${ldap.urls.join(', ')}, ${mirror ? `mirrored every ${timeText(mirror.every)}` : 'not mirrored'}`,
  });
}

const timeText = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`);

function checkEncryption(ldap: LdapSettings, at: KeyPath, problems: Problems): void {
  const plain = ldap.urls.filter((url) => url.startsWith('ldap:'));
  if (ldap.startTls && plain.length < ldap.urls.length) {
    problems.add([...at, 'startTls'], 'is only for ldap://; ldaps:// is already encrypted', 'leave it out');
  }
  const crossesNetwork = plain.some((url) => !isLoopback(outOfUrl(new URL(url).hostname)));
  if (crossesNetwork && ldap.bindDn !== undefined && !ldap.startTls && !ldap.allowClearText) {
    problems.add(
      [...at, 'urls'],
      'ldap:// would send the password of bindDn without encryption',
      'use ldaps:// or startTls: true; to allow it, write allowClearText: true',
    );
  }
  if (ldap.caFile !== undefined && plain.length === ldap.urls.length && !ldap.startTls) {
    problems.add([...at, 'caFile'], 'has no effect without TLS', 'use ldaps:// or startTls: true');
  }
}

function checkNaming(ldap: LdapSettings, at: KeyPath, problems: Problems): void {
  const { user, email, msisdn } = withPreset({
    preset: ldap.preset,
    filter: ldap.filter,
    attributes: omitUndefined(ldap.attributes),
  });
  if (user === undefined && ldap.localpart === undefined) {
    problems.add([...at, 'attributes', 'user'], 'is required without a preset');
  }
  if (email.length === 0 && msisdn.length === 0) {
    problems.add([...at, 'attributes', 'email'], 'is required without a preset, unless msisdn is set');
  }
  if (ldap.localpart !== undefined && ldap.homeserver === undefined) {
    problems.add([...at, 'homeserver'], 'is required if localpart is set');
  }
}
