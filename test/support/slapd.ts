import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Daemon } from './daemon.js';
import { ldapmodify } from './ldapmodify.js';
import { freePort } from './ports.js';
import { needPackages } from './services.js';

await needPackages('slapd', 'ldap-utils');

const run = promisify(execFile);

export interface SlapdOptions {
  /** Entries as LDIF. The suffix `dc=example,dc=org` exists already. */
  readonly ldif?: string;
  /** Starts without any entry, even without the suffix, as a replica needs it. */
  readonly isEmpty?: boolean;
  /** Global lines of slapd.conf: `attributetype ( … )`, `security …`, `disallow bind_anon`. */
  readonly global?: readonly string[];
  /** Lines of the database section: `access to * by …`, `limits …`, `index …`. */
  readonly database?: readonly string[];
  /** The host to listen on, as written in URLs; by default 127.0.0.1. */
  readonly host?: string;
  /** PEM texts. With them it supports StartTLS on `url` and TLS on `ldapsUrl`. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** A private OpenLDAP server on free ports, with the schemas core, cosine and inetorgperson. */
export class Slapd {
  readonly suffix = SUFFIX;
  /** The account that may read and write everything. */
  readonly adminDn = ADMIN;
  readonly adminPassword = 'secret';
  readonly url: string;
  readonly ldapsUrl: string;
  private readonly daemon: Daemon;

  private constructor(
    private readonly directory: string,
    readonly port: number,
    tlsPort: number,
    { tls, host = '127.0.0.1' }: SlapdOptions,
  ) {
    this.url = `ldap://${host}:${port}`;
    this.ldapsUrl = `ldaps://${host}:${tlsPort}`;
    const urls = tls ? `${this.url} ${this.ldapsUrl}` : this.url;
    const command = ['/usr/sbin/slapd', '-f', join(directory, 'slapd.conf'), '-h', urls, '-d', '0'] as const;
    this.daemon = new Daemon(command, { host: host.replace(/[[\]]/g, ''), port });
  }

  static async start(options: SlapdOptions = {}): Promise<Slapd> {
    const directory = await mkdtemp(join(tmpdir(), 'slapd-'));
    const [port, tlsPort] = await Promise.all([freePort(), freePort()]);
    await write(directory, options);
    const slapadd = ['-q', '-f', join(directory, 'slapd.conf'), '-l', join(directory, 'data.ldif')];
    if (!options.isEmpty) await run('/usr/sbin/slapadd', slapadd);
    const slapd = new Slapd(directory, port, tlsPort, options);
    await slapd.restart();
    return slapd;
  }

  get isRunning(): boolean {
    return this.daemon.isRunning;
  }

  /** Starts it with the same ports and data; stops it first if it is running. */
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
    await this.daemon.end('SIGKILL');
    await rm(this.directory, { recursive: true });
  }

  /** Changes entries like `ldapmodify`: LDIF with `changetype`. @param options further options of the command */
  async modify(ldif: string, ...options: readonly string[]): Promise<void> {
    await ldapmodify(this, ldif, options);
  }
}

const SUFFIX = 'dc=example,dc=org';
const ADMIN = `cn=admin,${SUFFIX}`;

async function write(directory: string, { ldif = '', global = [], database = [], tls }: SlapdOptions): Promise<void> {
  const files = {
    'ca.pem': tls?.ca,
    'certificate.pem': tls?.cert,
    'key.pem': tls?.key,
    'data.ldif': `dn: ${SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n${ldif}`,
    'slapd.conf': [
      'include /etc/ldap/schema/core.schema',
      'include /etc/ldap/schema/cosine.schema',
      'include /etc/ldap/schema/inetorgperson.schema',
      'modulepath /usr/lib/ldap',
      'moduleload back_mdb',
      ...(tls ? tlsLines(directory) : []),
      ...global,
      'database mdb',
      `suffix "${SUFFIX}"`,
      `directory ${directory}`,
      'maxsize 1073741824',
      'dbnosync',
      `rootdn "${ADMIN}"`,
      'rootpw secret',
      'index objectClass,entryUUID eq',
      'index uid,mail pres,eq',
      ...database,
      '',
    ].join('\n'),
  };
  for (const [name, text] of Object.entries(files)) if (text) await writeFile(join(directory, name), text);
}

const tlsLines = (directory: string): readonly string[] => [
  `TLSCACertificateFile ${join(directory, 'ca.pem')}`,
  `TLSCertificateFile ${join(directory, 'certificate.pem')}`,
  `TLSCertificateKeyFile ${join(directory, 'key.pem')}`,
];
