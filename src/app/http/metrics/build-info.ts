import { readFileSync } from 'node:fs';

/** The version of Islet. */
export const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
