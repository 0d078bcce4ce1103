import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Authority<Name extends string> {
  /** PEM. */
  readonly ca: string;
  readonly certificates: Readonly<Record<Name, Certificate>>;
}

/** A separate certificate authority and one certificate per entry, each for the given DNS names and addresses. */
export function createAuthority<Name extends string>(
  wanted: Readonly<Record<Name, readonly string[]>>,
): Authority<Name> {
  const folder = mkdtempSync(join(tmpdir(), 'islet-tls-'));
  const openssl = (name: string, ...more: string[]) => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...args, '-subj', `/CN=${name}`, ...files, ...more], { cwd: folder, stdio: 'pipe' });
  };
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  try {
    openssl('ca');
    const names = Object.keys(wanted) as Name[];
    for (const name of names) {
      const alternatives = wanted[name].map((host) => `${/^[\d.]+$|:/.test(host) ? 'IP' : 'DNS'}:${host}`).join(',');
      openssl(
        name,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-addext',
        `subjectAltName=${alternatives}`,
        '-addext',
        'basicConstraints=critical,CA:FALSE',
      );
    }
    const certificates = names.map((name) => [name, { key: read(`${name}.key`), cert: read(`${name}.pem`) }]);
    return { ca: read('ca.pem'), certificates: Object.fromEntries(certificates) as Record<Name, Certificate> };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A server certificate from an intermediate authority whose certificate was issued by the root authority; all PEM. */
export function createChain(...names: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-chain-'));
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const request = (name: string, ...more: readonly string[]) => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...files,
      ...more,
    );
  };
  const by = (issuer: string) => ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`];
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const alternatives = names.map((host) => `${/^[\d.]+$|:/.test(host) ? 'IP' : 'DNS'}:${host}`).join(',');
  try {
    request('root');
    request('issuing', ...by('root'), '-addext', 'basicConstraints=critical,CA:TRUE');
    request(
      'leaf',
      ...by('issuing'),
      '-addext',
      `subjectAltName=${alternatives}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    );
    return {
      root: read('root.pem'),
      issuing: read('issuing.pem'),
      certificate: { key: read('leaf.key'), cert: read('leaf.pem') },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Certificates that clients refuse, from an authority that they trust; all PEM. */
export function createBadCertificates() {
  const folder = mkdtempSync(join(tmpdir(), 'islet-bad-tls-'));
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const named = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  const make = (name: string, ...more: readonly string[]): Certificate => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    const args = ['req', '-x509', '-nodes', '-days', '2', '-subj', `/CN=${name}`, ...files, ...more];
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const read = (file: string) => readFileSync(join(folder, file), 'utf8');
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
  };
  try {
    const { cert: ca } = make('ca', ...curve);
    return {
      ca,
      shortKey: make('short', '-newkey', 'rsa:1024', ...signed, ...named),
      sha1: make('sha1', '-newkey', 'rsa:2048', '-sha1', ...signed, ...named),
      commonName: make('127.0.0.1', ...curve, ...signed),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
