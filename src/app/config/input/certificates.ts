import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { KeyPath } from '../errors/problems.js';
import { cannotRead } from './read-file.js';
import { optionPath, type ConfigReader } from './reader.js';

/** The certificates of a `caFile`, PEM. */
export function readCertificates(reading: ConfigReader, path: KeyPath, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const place = optionPath(reading, path, file);
  try {
    const pem = readFileSync(place, 'utf8');
    const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (certificates.length > 0 && certificates.every(isCertificate)) return pem;
    reading.problems.add(path, `${place} does not hold certificates in PEM`);
  } catch (error) {
    reading.problems.add(path, cannotRead(place, error));
  }
  return undefined;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
