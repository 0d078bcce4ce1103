import { readFileSync } from 'node:fs';
import { commentedYaml } from '../../../src/app/config/docs/example.js';
import { conformancePage } from '../conformance/page.js';
import { jsonSchema } from './json-schema.js';
import { cliPage } from '../docs/cli-page.js';
import { metricsPage } from '../docs/metrics-page.js';
import { withTables } from './option-tables.js';

const root = new URL('../../../', import.meta.url);

export const pathOf = (name: string): string => new URL(name, root).pathname;

/** The files generated from options, commands, metrics, log events and tests, by path in the repository. */
export const generated = (): Readonly<Record<string, string>> => ({
  'docs/reference/configuration.md': withTables(readFileSync(pathOf('docs/reference/configuration.md'), 'utf8')),
  'config/islet.example.yaml': commentedYaml(EXAMPLE, HEAD),
  'docs/reference/cli.md': cliPage(),
  'docs/reference/metrics.md': metricsPage(readFileSync(pathOf('docs/reference/metrics.md'), 'utf8')),
  'docs/reference/conformance.md': conformancePage(),
  'config/islet.schema.json': `${JSON.stringify(jsonSchema(), undefined, 2)}\n`,
});

const HEAD = `Example configuration of Islet, with every option.

Commented-out lines show the default, or an example if there is no default: remove the "#" to set an option.
"islet check" checks this file; docs/reference/configuration.md describes all options.

yaml-language-server: $schema=./islet.schema.json`;

/** The options that the example file sets; all other options are comments. */
const EXAMPLE = {
  server: { name: 'id.example.org', publicUrl: 'https://id.example.org' },
  dataDir: '/var/lib/islet',
  sources: [
    {
      ldap: {
        name: 'staff',
        urls: ['ldaps://dc1.example.org', 'ldaps://dc2.example.org'],
        bindDn: 'cn=islet,ou=services,dc=example,dc=org',
        bindPasswordFile: '/etc/islet/ldap-password',
        preset: 'openldap',
        bases: ['ou=people,dc=example,dc=org'],
        homeserver: 'example.org',
        phoneRegion: 'DE',
      },
    },
    'bindings',
  ],
};
