import { basename, extname } from 'node:path';
import { statSync } from 'node:fs';
import type { z } from 'zod';
import { sourceName } from '../../values/source-name.js';
import type { useSection, guarded } from '../../schema/sources/module.js';
import { omitUndefined } from '../../objects.js';
import { type ConfigReader, absolutePath } from '../../input/reader.js';
import { readTls } from '../../input/certificates.js';
import type { KeyPath } from '../../errors/problems.js';
import { readMirror } from './mirror.js';
import { cannotRead } from '../../input/read-file.js';

/** The name of `./hr.mjs` is `hr`. */
export const nameFromFile = (file: string): string => basename(file, extname(file));

/** A custom source. Its module is not loaded yet, so it counts as listed. */
export function readUse(source: z.output<typeof useSection>, at: KeyPath, reading: ConfigReader) {
  const { use: written, with: options = {} } = source;
  const file = absolutePath(reading, written, true);
  const name = source.name ?? nameFromFile(written);
  if (source.name === undefined && !sourceName.safeParse(name).success) {
    reading.problems.add([...at, 'name'], 'is required, because the file name is not a valid source name');
  }
  checkFile(file, [...at, 'use'], reading);
  return omitUndefined({
    kind: 'use' as const,
    name,
    file,
    with: options,
    isListed: true,
    summary: `source of your own ${file}`,
    ...readTls(reading, at, source),
    ...readGuarded(source),
  });
}

export type Guarded = Pick<z.output<typeof useSection>, keyof typeof guarded>;
export const readGuarded = ({ timeLimit, media, accounts, withoutAccountName, owns, mirror }: Guarded) => ({
  timeLimitMs: timeLimit,
  accounts,
  withoutAccountName,
  media,
  owns,
  mirror: readMirror(mirror),
});

export function checkFile(file: string, at: KeyPath, { problems }: ConfigReader): void {
  try {
    if (!statSync(file).isFile()) problems.add(at, `${file} is not a file`);
  } catch (error) {
    problems.add(at, cannotRead(file, error));
  }
}
