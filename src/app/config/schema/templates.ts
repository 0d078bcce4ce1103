import { z } from 'zod';
import { isServerName } from '../../../domain/identifiers/server-name.js';

/** Names of template folders (brands), by server name. */
export const brands = z.record(
  z.string().refine(isServerName, 'must be named by a server name'),
  z.string().regex(/^[^./][^/]*$/, 'must be the name of a folder'),
);

/** Texts of mails, pages and text messages. */
export const templates = {
  directory: {
    doc: 'Folder with your own templates. Each replaces the built-in template of the same name.',
    format: 'path',
    default: null,
    example: '/etc/islet/templates',
  },
  brand: { doc: 'Brand for requests that do not name one.', format: 'text', default: 'islet' },
  brands: {
    doc: 'Brand for the users of a homeserver, by server name.',
    format: 'brands',
    default: {},
    example: { 'example.org': 'example' },
  },
  language: {
    doc: 'Language for recipients whose preferred language has no templates.',
    format: 'text',
    default: 'en',
  },
} as const;
