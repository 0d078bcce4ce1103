import { readFileSync } from 'node:fs';
import { certificatesIn } from '../../../adapters/shared/certificates.js';
import type { KeyPath } from '../errors/problems.js';
import { cannotRead } from './read-file.js';
import { optionPath, type ConfigReader } from './reader.js';

/** The certificates of a `caFile`, PEM. */
export function readCertificates(reading: ConfigReader, path: KeyPath, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const place = optionPath(reading, path, file);
  const pem = readPem(reading, path, place);
  if (pem === undefined) return undefined;
  try {
    if (certificatesIn(pem).length > 0) return pem;
    reading.problems.add(path, `${place} does not hold certificates in PEM`);
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
