import { resolve } from 'node:path';
import type { Given } from '../config/docs/example.js';
import { isLoopback, outOfUrl } from '../../adapters/shared/hosts.js';
import { omitUndefined } from '../config/objects.js';
import type { InitAnswers } from './init-questions.js';

export interface InitFiles {
  readonly output: string;
  readonly cwd: string;
  readonly dataDir: string | undefined;
  readonly bindPasswordFile: string | undefined;
  readonly smtpPasswordFile: string | undefined;
}

/** The answers as configuration options of the new file. */
export function givenBy(answers: InitAnswers, files: InitFiles): Given {
  const { serverName, publicUrl, ldapUrl, preset, base, bindDn, caFile, homeserver, smtpUrl, mailFrom } = answers;
  const ldap = omitUndefined({
    name: 'directory',
    urls: [ldapUrl],
    startTls: crossesNetworkInClear(ldapUrl) || undefined,
    caFile: caFile && resolve(files.cwd, caFile),
    bindDn,
    bindPasswordFile: files.bindPasswordFile,
    preset,
    bases: [base],
    homeserver,
  });
  return omitUndefined({
    server: omitUndefined({ name: serverName, publicUrl }),
    dataDir: files.dataDir ?? (files.output.startsWith('/etc/') ? '/var/lib/islet' : 'data'),
    sources: ldapUrl ? [{ ldap }, 'bindings'] : undefined,
    mail: smtpUrl ? omitUndefined({ smtpUrl, passwordFile: files.smtpPasswordFile, from: mailFrom }) : undefined,
  });
}

function crossesNetworkInClear(ldapUrl = ''): boolean {
  if (!ldapUrl.startsWith('ldap:') || !URL.canParse(ldapUrl)) return false;
  return !isLoopback(outOfUrl(new URL(ldapUrl).hostname));
}
