import { z } from 'zod';
import { isServerName } from '../../../domain/identifiers/server-name.js';

/** Names of template folders (brands), by server name. */
export const brands = z.record(
  z.string().refine(isServerName, 'must be named by a server name'),
  z.string().regex(/^[^./][^/]*$/, 'must be the name of a folder'),
);
