import { omitUndefined } from '../../config/objects.js';
import type { PythonConfig } from './python-config.js';

/**
 * The sources that the fork of 2017 queried before its own database: a directory and another identity server.
 *
 * @param passwordFile stores the password of the directory and returns the file name
 */
export function forkSources(
  conf: PythonConfig,
  passwordFile: (value: string | undefined) => string | undefined,
): { readonly sources: readonly unknown[] | undefined; readonly notes: readonly string[] } {
  const get = (section: string, key: string) => conf.get(section, key) || undefined;
  const uri = conf.sections.includes('ldap') ? get('ldap', 'uri') : undefined;
  const upstream = conf.sections.includes('proxy') ? get('proxy', 'identity') : undefined;
  if (uri === undefined && upstream === undefined) return { sources: undefined, notes: [] };
  const isTls = ['startls', 'starttls', 'start_tls'].some((key) => /^(1|yes|true|on)$/i.test(get('ldap', key) ?? ''));
  const unquoted = (key: string) => get('ldap', key)?.replaceAll(/["']/g, '') || undefined;
  const ldap = omitUndefined({
    name: 'directory',
    urls: [uri?.replace(/\/+$/, '')],
    startTls: isTls || undefined,
    bindDn: get('ldap', 'bind_dn'),
    bindPasswordFile: passwordFile(get('ldap', 'bind_pw')),
    bases: [get('ldap', 'base')],
    filter: unquoted('filter'),
    attributes: omitUndefined({
      user: unquoted('id_attr'),
      email: listed(get('ldap', 'email') ?? get('ldap', 'mail_attr')),
      msisdn: listed(get('ldap', 'msisdn')),
    }),
    homeserver: unquoted('hs_name'),
  });
  return {
    sources: [
      ...(uri === undefined ? [] : [{ ldap }]),
      ...(upstream === undefined ? [] : [{ upstream: { name: 'next', url: upstream } }]),
      'bindings',
    ],
    notes:
      uri === undefined
        ? []
        : [
            'sources: the password went to the directory in clear before; set startTls: true or ldaps://, and phoneRegion',
            'the fork stored a binding of 100 years for everybody whom it found in the directory: `islet import sydent --only-validated` leaves those out',
          ],
  };
}

const listed = (name: string | undefined): readonly string[] | undefined => (name === undefined ? undefined : [name]);
