import { execFile } from 'node:child_process';
import { once } from 'node:events';

interface Directory {
  readonly url: string;
  /** The account that may write everything. */
  readonly adminDn: string;
  readonly adminPassword: string;
}

/** Changes entries: LDIF with `changetype`. @param options further options of the command */
export async function ldapmodify(
  { url, adminDn, adminPassword }: Directory,
  ldif: string,
  options: readonly string[] = [],
): Promise<void> {
  const child = execFile('ldapmodify', ['-x', '-H', url, '-D', adminDn, '-w', adminPassword, ...options]);
  child.stdin?.end(ldif);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`ldapmodify ended with ${code}`);
}
