import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Daemon } from './daemon.js';
import { exists } from './debian.js';
import { ldapmodify } from './ldapmodify.js';
import { needPackages, sharedSambaFolder } from './services.js';
import { createAuthority } from './tls.js';

await needPackages('samba-ad-dc', 'samba-ad-provision', 'samba-dsdb-modules', 'samba-vfs-modules');

const run = promisify(execFile);

const PASSWORD = 'Passw0rd!of-admin';

/**
 * A private Active Directory domain controller, by Samba. Its ports are fixed, so each one has a separate loopback
 * address.
 */
export class Samba {
  readonly suffix = 'DC=example,DC=org';
  /** The account that may read and write everything. */
  readonly adminDn = 'Administrator@EXAMPLE.ORG';
  readonly adminPassword = PASSWORD;
  readonly url: string;
  readonly ldapsUrl: string;
  /** The URL of its global catalog. */
  readonly catalogUrl: string;
  private readonly daemon: Daemon;

  private constructor(
    private readonly folder: string,
    readonly host: string,
    /** The certificate authority (PEM) of its certificate, which is for `host`. */
    readonly ca: string,
  ) {
    this.url = `ldap://${host}`;
    this.ldapsUrl = `ldaps://${host}`;
    this.catalogUrl = `ldap://${host}:3268`;
    const options = ['-F', '-M', 'single', '--no-process-group', '-s', join(folder, 'smb.conf')];
    this.daemon = new Daemon(['/usr/sbin/samba', ...options], { host, port: 3269 });
  }

  /**
   * @param ldif entries
   * @throws if the process is not root, which Samba and its ports need
   */
  static async start(ldif = ''): Promise<Samba> {
    if (process.getuid?.() !== 0) throw new Error('Samba, which these tests talk to, can only be started by root');
    const folder = await mkdtemp(join(tmpdir(), 'samba-'));
    await cp(await provisioned(), folder, { recursive: true });
    const host = ['127', randomInt(1, 255), randomInt(256), randomInt(1, 255)].join('.');
    const { ca, certificates } = createAuthority({ dc: [host, 'dc1.example.org'] });
    const samba = new Samba(folder, host, ca);
    const files = { 'ca.pem': ca, 'dc.pem': certificates.dc.cert, 'dc.key': certificates.dc.key };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
    await writeFile(join(folder, 'smb.conf'), configuration(folder, host));
    if (ldif !== '') await load(folder, ldif);
    await samba.restart();
    return samba;
  }

  /** Starts it with the same address and data; stops it first if it is running. */
  async restart(): Promise<void> {
    await this.daemon.restart();
  }

  /** From now on it accepts connections but sends nothing. */
  async pause(): Promise<void> {
    await this.daemon.pause();
  }

  resume(): void {
    this.daemon.resume();
  }

  /** Kills it, to simulate a crash. */
  async kill(): Promise<void> {
    await this.daemon.end('SIGKILL');
  }

  /** Stops it and removes its data. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true });
  }

  /** Changes entries like `ldapmodify`: LDIF with `changetype`. */
  async modify(ldif: string): Promise<void> {
    await ldapmodify(this, ldif);
  }

  /** Runs `samba-tool` directly on its database. */
  async tool(...args: string[]): Promise<void> {
    const where = ['-H', join(this.folder, 'private/sam.ldb'), '-s', join(this.folder, 'smb.conf')];
    await run('samba-tool', [...args, ...where]);
  }
}

/** The attribute that sets a password, as a line of LDIF. */
export const password = (text: string): string =>
  `unicodePwd:: ${Buffer.from(`"${text}"`, 'utf16le').toString('base64')}\n`;

/** A new domain, provisioned once for all test files of a run. */
async function provisioned(): Promise<string> {
  const runFolder = await sharedSambaFolder();
  const [folder, ready, failed] = ['domain', 'ready', 'failed'].map((name) => join(runFolder, name)) as [
    string,
    string,
    string,
  ];
  try {
    await mkdir(folder);
  } catch {
    while (!(await exists(ready))) {
      if (await exists(failed)) throw new Error('another file could not make the domain');
      await pause(50);
    }
    return folder;
  }
  await provision(folder).catch(async (cause: unknown) => {
    await writeFile(failed, '');
    throw new Error('samba-tool could not make a domain', { cause });
  });
  await writeFile(ready, '');
  return folder;
}

async function provision(folder: string): Promise<void> {
  const domain = [
    '--realm=EXAMPLE.ORG',
    '--domain=EXAMPLE',
    '--host-name=dc1',
    '--host-ip=127.0.0.1',
    '--dns-backend=NONE',
  ];
  const options = ['interfaces=lo', 'bind interfaces only=yes'].map((option) => `--option=${option}`);
  const rest = ['--server-role=dc', '--use-rfc2307', `--adminpass=${PASSWORD}`, `--targetdir=${folder}`];
  await run('samba-tool', ['domain', 'provision', ...domain, ...rest, ...options], { maxBuffer: 1e7 });
}

const configuration = (folder: string, host: string): string =>
  [
    '[global]',
    'realm = EXAMPLE.ORG',
    'workgroup = EXAMPLE',
    'netbios name = DC1',
    'server role = active directory domain controller',
    'server services = ldap',
    `interfaces = ${host}/8`,
    'bind interfaces only = yes',
    'ldap server require strong auth = no',
    'old password allowed period = 0',
    `tls certfile = ${folder}/dc.pem`,
    `tls keyfile = ${folder}/dc.key`,
    `tls cafile = ${folder}/ca.pem`,
    `private dir = ${folder}/private`,
    `lock directory = ${folder}`,
    `state directory = ${folder}/state`,
    `cache directory = ${folder}/cache`,
    `pid directory = ${folder}`,
    `ncalrpc dir = ${folder}/ncalrpc`,
    `ntp signd socket directory = ${folder}/ntp`,
    '',
  ].join('\n');

/** Writes directly to the database in one transaction: a thousand entries take two seconds instead of thirteen. */
const LOADER = `
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
lp = LoadParm()
lp.load(sys.argv[1])
db = SamDB(url=sys.argv[2], lp=lp, session_info=system_session(lp))
db.transaction_start()
db.add_ldif(sys.stdin.read())
db.transaction_commit()
`;

async function load(folder: string, ldif: string): Promise<void> {
  const files = [join(folder, 'smb.conf'), join(folder, 'private/sam.ldb')];
  const loading = run('/usr/bin/python3', ['-c', LOADER, ...files]);
  loading.child.stdin?.end(ldif);
  await loading;
}
