import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { rulesOf } from '../../src/adapters/ldap/mapping/mapping-rules.js';
import { NOW } from '../../src/adapters/ldap/protocol/time-filter.js';
import { withPreset } from '../../src/adapters/ldap/mapping/presets.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/setup/directories.md'), 'utf8');

type Settings = Readonly<Record<string, unknown>> & Parameters<typeof rulesOf>[0];

export interface Example {
  /** The number of lines of the source in the configuration. */
  readonly lines: number;
  /** The settings below `ldap`. */
  readonly settings: Settings;
}

/** The section of docs/setup/directories.md with this heading. */
export function section(heading: string) {
  const [body = ''] = text.split(`\n## ${heading}\n`)[1]?.split('\n## ') ?? [];
  const blocks = (language: string) =>
    Array.from(body.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm')), ([, block = '']) => block);
  return {
    examples: blocks('yaml').map((yaml): Example => {
      const { sources } = parse(yaml) as { sources: [{ ldap: Settings }] };
      return { lines: yaml.trim().split('\n').length - 1, settings: sources[0].ldap };
    }),
    ldapsearch: blocks('sh')[0] ?? '',
    slapdConf: blocks('slapd.conf')[0] ?? '',
  };
}

/** The directory query for these settings, as the end of a command line. */
export function asked(settings: Settings): string {
  const { filter = '' } = withPreset(settings);
  // The current Windows file time, computed by the shell.
  const timed = filter.replaceAll(NOW, "'$((($(date +%s)+11644473600)*10000000))'");
  return `-b ${String(settings['bases'])} '${timed}' ${rulesOf(settings).requested.join(' ')}`;
}

/** Joins continued lines into one. */
export const joined = (command: string): string => command.replace(/\s*\\\n\s*/g, ' ').trim();

/** Runs a command of the page against a local server. @returns the number of entries in its output */
export async function count(command: string, url: string, password: string, caFile = ''): Promise<number> {
  const real = joined(command)
    .replace(/-H \S+/, `-H ${url}`)
    .replace(' -W ', ` -w '${password}' `);
  const env = { ...process.env, LDAPTLS_CACERT: caFile };
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', real], { env, maxBuffer: 1e8 });
  return stdout.match(/^dn:/gm)?.length ?? 0;
}
