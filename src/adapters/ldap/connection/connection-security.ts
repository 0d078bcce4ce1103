import { certificatesIn } from '../../shared/certificates.js';
import { isLoopback, outOfUrl } from '../../shared/hosts.js';
import type { TlsMaterial } from '../../shared/tls-options.js';
import type { Clock } from '../../../ports/clock.js';
import type { LdapOptions } from '../options.js';
import { BindAccount, type BindPassword } from './bind-account.js';

/** Encryption and authentication of connections. */
export interface ConnectionSecurity {
  readonly startTls: boolean;
  readonly tls: TlsMaterial;
  /** Absent: anonymous. */
  readonly bind: BindAccount | undefined;
}

type Described = Pick<
  LdapOptions,
  'urls' | 'startTls' | 'ca' | 'clientCertificate' | 'bindDn' | 'password' | 'passwordFrom' | 'allowClearText'
>;

/**
 * Rejects options that would cause an unintended anonymous bind, or would send the password unencrypted.
 *
 * @param reread returns the current password from where it is stored
 * @throws Error with a message for the administrator
 */
export function connectionSecurity(options: Described, clock?: Clock, reread?: () => BindPassword): ConnectionSecurity {
  const {
    urls,
    startTls = false,
    ca,
    clientCertificate,
    bindDn,
    password,
    passwordFrom,
    allowClearText = false,
  } = options;
  if (urls.length === 0) throw new Error('urls: at least one URL is required');
  for (const url of urls) {
    const { isEncrypted, host } = addressOf(url);
    if (bindDn !== undefined && !isEncrypted && !startTls && !allowClearText && !isLoopback(host)) {
      throw new Error(
        `${url} would send the password unencrypted: use ldaps://, set startTls, or allow it with allowClearText`,
      );
    }
  }
  return {
    startTls,
    tls: checked({ ca, clientCertificate }),
    bind: credentials(bindDn, password, passwordFrom, clock, reread),
  };
}

export interface Address {
  /** The host name as it appears in certificates: an IPv6 address has no brackets. */
  readonly host: string;
  readonly isEncrypted: boolean;
}

/** @throws Error if the URL is not the URL of a directory server */
export function addressOf(url: string): Address {
  const { protocol, hostname, pathname, search } = URL.canParse(url) ? new URL(url) : { protocol: '' };
  if ((protocol !== 'ldap:' && protocol !== 'ldaps:') || !hostname || (pathname && pathname !== '/') || search) {
    throw new Error(`${url} must be a URL such as ldaps://dc1.example.org or ldap://dc1.example.org:389`);
  }
  return { host: outOfUrl(hostname), isEncrypted: protocol === 'ldaps:' };
}

function credentials(
  dn: string | undefined,
  password: string | undefined,
  from: string | undefined,
  clock: Clock | undefined,
  reread: (() => BindPassword) | undefined,
): BindAccount | undefined {
  if (dn === undefined && password === undefined) return undefined;
  if (!dn) throw new Error('bindDn is missing or empty, but there is a password');
  // RFC 4513, 5.1.2: servers treat a name without a password as an anonymous bind and report success.
  if (!password) throw new Error('the password is missing or empty: the server would treat the bind as anonymous');
  return new BindAccount(dn, { value: password, from }, clock, reread);
}

function checked(material: TlsMaterial): TlsMaterial {
  if (material.ca === undefined) return material;
  if (certificatesIn(material.ca, 'ca: ').length === 0)
    throw new Error('ca does not contain a certificate in PEM format');
  return material;
}
