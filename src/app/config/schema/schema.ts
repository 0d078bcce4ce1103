import type { FormatName } from './formats.js';
import { accessTokens } from './access-tokens.js';
import { admin } from './admin.js';
import { audit } from './audit.js';
import { bindings } from './bindings.js';
import { database } from './database.js';
import { federation } from './federation.js';
import { invites } from './invites.js';
import { limits } from './limits.js';
import { listen } from './listen.js';
import { log } from './log.js';
import { lookup } from './lookup.js';
import { mail } from './mail.js';
import { retention } from './retention.js';
import { search } from './search.js';
import { server } from './server.js';
import { sms } from './sms.js';
import { templates } from './templates.js';
import { terms } from './terms.js';
import { v1 } from './v1.js';
import { validation } from './validation.js';

/** One option in the form that convict expects. */
export interface Option {
  /** Description for the documentation: short sentences, unit and default where the format does not show them. */
  readonly doc: string;
  readonly format: FormatName;
  /** As written in the file; `null` for no default. */
  readonly default: unknown;
  /** Its value is never printed. */
  readonly sensitive?: true;
  /** An example value for the documentation. */
  readonly example?: unknown;
}

export interface Section {
  readonly [key: string]: Option | Section;
}

/**
 * Every option of the configuration file, each section in the file of its name. Options with a structured value (lists,
 * maps) are described at their format.
 */
export const schema = {
  server,
  listen,
  admin,
  dataDir: {
    doc: 'Folder for the SQLite file and the signing key. Default: `data` in the current working directory.',
    format: 'path',
    default: 'data',
    example: '/var/lib/islet',
  },
  database,
  sources: {
    doc: 'Sources that are asked which user has an address, in this order. The first answer wins.',
    format: 'sources',
    default: [],
  },
  search,
  homeservers: {
    doc: 'Homeservers that are reached directly, without discovery (well-known, DNS, port 8448), by server name.',
    format: 'homeservers',
    default: {},
  },
  federation,
  mail,
  sms,
  templates,
  terms,
  signing: {
    keyFile: {
      doc: 'File with the signing keys; created at the first start. Default: `signing.key` in `dataDir`.',
      format: 'path',
      default: null,
      example: '/etc/islet/signing.key',
    },
  },
  v1,
  lookup,
  validation,
  bindings,
  accessTokens,
  invites,
  retention,
  limits,
  log,
  audit,
  pidFile: {
    doc: 'File to which the process ID is written.',
    format: 'path',
    default: null,
    example: '/run/islet/islet.pid',
  },
} as const satisfies Section;

export const isOption = (node: Option | Section): node is Option => typeof node['doc'] === 'string';
