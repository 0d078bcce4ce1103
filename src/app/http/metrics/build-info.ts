import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../adapters/shared/package-root.js';

/** The version of Islet. */
export const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  readonly version: string;
};
