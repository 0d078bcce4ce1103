import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificate, createAuthority } from '../support/tls.js';

export interface Certificates extends Readonly<Record<'good' | 'wrong' | 'expired', Certificate>> {
  /** The authority of the good and of the expired one, PEM. */
  readonly ca: string;
}

/** Certificates for 127.0.0.1: a good one, one that ended yesterday, and one by an authority that nobody trusts. */
export function createCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'islet-chaos-tls-'));
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'pipe' });
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  const issue = (name: string, days: number): Certificate => {
    openssl(`req ${newKey} -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`);
    const by = '-CA ca.pem -CAkey ca.key -extfile extensions';
    openssl(`x509 -req -in ${name}.csr ${by} -days ${days} -out ${name}.pem`);
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
  };
  try {
    writeFileSync(join(folder, 'extensions'), 'subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n');
    openssl(`req -x509 ${newKey} -days 2 -subj /CN=ca -keyout ca.key -out ca.pem`);
    const { wrong } = createAuthority({ wrong: ['127.0.0.1'] }).certificates;
    return { ca: read('ca.pem'), good: issue('good', 2), wrong, expired: issue('expired', -1) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
