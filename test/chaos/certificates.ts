import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificate, createAuthority } from '../support/tls.js';

export interface Certificates extends Readonly<Record<'good' | 'wrong' | 'expired', Certificate>> {
  /** The authority of the good and of the expired one, PEM. */
  readonly ca: string;
}

const DAY = 86_400_000;
const daysFromNow = (days: number) => new Date(Date.now() + days * DAY);
/** In the format of openssl: `20261129120000Z`. */
const time = (date: Date) => `${date.toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`;

const CONFIG = `[ca]
default_ca = authority
[authority]
certificate = ca.pem
private_key = ca.key
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = policy
x509_extensions = extensions
[policy]
commonName = supplied
[extensions]
subjectAltName = IP:127.0.0.1
basicConstraints = critical,CA:FALSE
`;

/** Certificates for 127.0.0.1: a valid one, one that expired yesterday, and one of an untrusted authority. */
export function createCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'islet-chaos-tls-'));
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'pipe' });
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  /** Issued with `ca`: `x509 -days` does not accept an end in the past any more (OpenSSL 3.5). */
  const issue = (name: string, end: Date): Certificate => {
    openssl(`req ${newKey} -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`);
    const times = `-startdate ${time(new Date(end.getTime() - 10 * DAY))} -enddate ${time(end)}`;
    openssl(`ca -batch -notext -config ca.cnf -in ${name}.csr ${times} -out ${name}.pem`);
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
  };
  try {
    writeFileSync(join(folder, 'ca.cnf'), CONFIG);
    writeFileSync(join(folder, 'index.txt'), '');
    openssl(`req -x509 ${newKey} -days 2 -subj /CN=ca -keyout ca.key -out ca.pem`);
    const { wrong } = createAuthority({ wrong: ['127.0.0.1'] }).certificates;
    return {
      ca: read('ca.pem'),
      good: issue('good', daysFromNow(2)),
      wrong,
      expired: issue('expired', daysFromNow(-1)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
