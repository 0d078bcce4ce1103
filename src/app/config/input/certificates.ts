import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { certificatesIn } from '../../../adapters/shared/certificates.js';
import { omitUndefined } from '../objects.js';
import type { KeyPath } from '../errors/problems.js';
import { cannotRead } from './read-file.js';
import { optionPath, type ConfigReader } from './reader.js';

export interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** The contents of `caFile`, `certFile` and `keyFile` in the section `at`, as PEM. */
export function readTls(reading: ConfigReader, at: KeyPath, { caFile, certFile, keyFile }: TlsFiles) {
  return omitUndefined({
    ca: readCertificates(reading, [...at, 'caFile'], caFile),
    clientCertificate: readClientCertificate(reading, at, { certFile, keyFile }),
  });
}

/**
 * The certificates of a `caFile`, as PEM. A deficiency is only a warning, because the file may still suffice for some
 * servers.
 */
function readCertificates(reading: ConfigReader, path: KeyPath, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const place = optionPath(reading, path, file);
  const pem = readPem(reading, path, place);
  const certificates = pem === undefined ? undefined : parsed(reading, path, place, pem);
  if (!certificates) return undefined;
  reading.warnings.push(...certificateProblems(certificates, Date.now()).map((words) => `${place}: ${words}`));
  return pem;
}

function readClientCertificate(
  reading: ConfigReader,
  at: KeyPath,
  { certFile, keyFile }: Pick<TlsFiles, 'certFile' | 'keyFile'>,
): string | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    const missing = certFile === undefined ? 'certFile' : 'keyFile';
    reading.problems.add([...at, missing], 'is required: certFile and keyFile must be set together');
    return undefined;
  }
  const [certPath, keyPath] = [
    [...at, 'certFile'],
    [...at, 'keyFile'],
  ];
  const place = optionPath(reading, certPath, certFile);
  const keyPlace = optionPath(reading, keyPath, keyFile);
  const pem = readPem(reading, certPath, place);
  const key = readPem(reading, keyPath, keyPlace);
  const [certificate] = (pem !== undefined && parsed(reading, certPath, place, pem)) || [];
  if (!certificate || key === undefined) return undefined;
  const problem = keyProblem(certificate, key);
  if (problem !== undefined) reading.problems.add(keyPath, `${keyPlace} ${problem}`);
  return problem === undefined ? `${pem}\n${key}` : undefined;
}

function keyProblem(certificate: X509Certificate, pem: string): string | undefined {
  if (/ENCRYPTED/.test(pem)) return 'is protected by a passphrase; a key without a passphrase is needed';
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem)) ? undefined : 'is not the key of the first certificate';
  } catch {
    return 'does not contain a private key (PEM)';
  }
}

function parsed(
  reading: ConfigReader,
  path: KeyPath,
  place: string,
  pem: string,
): readonly X509Certificate[] | undefined {
  try {
    const certificates = certificatesIn(pem);
    if (certificates.length > 0) return certificates;
    reading.problems.add(path, `${place} does not contain certificates (PEM)`);
  } catch (error) {
    reading.problems.add(path, `${place}: ${(error as Error).message}`);
  }
  return undefined;
}

function readPem({ problems }: ConfigReader, path: KeyPath, place: string): string | undefined {
  try {
    return readFileSync(place, 'utf8');
  } catch (error) {
    problems.add(path, cannotRead(place, error));
    return undefined;
  }
}

/** What is missing or useless in a file of trusted certificates, as far as this can be known without a connection. */
export function certificateProblems(certificates: readonly X509Certificate[], now: number): readonly string[] {
  return certificates.flatMap((certificate) => {
    const { validFrom, validTo, subject, issuer, ca } = certificate;
    const name = inOneLine(subject);
    const isOwn = subject === issuer;
    return [
      ...(Date.parse(validTo) < now ? [`${name} has expired (${validTo})`] : []),
      ...(Date.parse(validFrom) > now ? [`${name} is not valid before ${validFrom}`] : []),
      ...(!ca && !isOwn
        ? [
            `${name} is the certificate of a server, not of a CA: it is trusted only until that server gets a new certificate`,
          ]
        : []),
      ...(ca && !isOwn && !certificates.some((other) => certificate.checkIssued(other))
        ? [`${inOneLine(issuer)}, which issued ${name}, is missing: only certificates issued by ${name} are trusted`]
        : []),
    ];
  });
}

const inOneLine = (name: string): string => name.replace(/\s*\n\s*/g, ', ');
