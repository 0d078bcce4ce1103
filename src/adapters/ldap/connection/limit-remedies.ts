import { codeOf, LdapError } from './ldap-error.js';

const SIZE =
  'raise the size limit of the bind account: `limits … size=unlimited` in OpenLDAP, `nsSizeLimit` and `nsPagedSizeLimit` in 389, `ads-maxSizeLimit` in Apache DS';
const TIME = 'raise the time limit of the bind account: `limits … time=unlimited` in OpenLDAP, `nsTimeLimit` in 389';
const COST =
  'raise the limit of the bind account: `nsLookThroughLimit` in 389, `size.unchecked` and `size.prtotal` of `limits` in OpenLDAP';
const PAGE = 'set `pageSize` to what the server allows (`size.pr` of `limits` in OpenLDAP)';

function remedyOf(code: string | number | undefined, words: string): string | undefined {
  if (code === 4) return SIZE;
  if (code === 3) return TIME;
  if (code !== 11) return undefined;
  return /page ?size/i.test(words) ? PAGE : COST;
}

/**
 * If a limit of the server ended a listing, adds the number of entries received, the server's message and a remedy.
 * Other errors are returned unchanged.
 *
 * @param entries received on the previous pages
 */
export function withRemedy(error: unknown, entries: number): unknown {
  if (!(error instanceof LdapError) || !(error.cause instanceof Error)) return error;
  const words = error.cause.message.replace(/\s+/g, ' ').trim().slice(0, 200);
  const remedy = remedyOf(codeOf(error.cause), words);
  if (remedy === undefined) return error;
  const quoted = /^$|limit ?exceeded(error)?$/i.test(words) ? '' : `, "${words}"`;
  return new LdapError(
    error.endpoint,
    `${error.problem} after ${entries + error.received} entries${quoted}; ${remedy}`,
    {
      cause: error.cause,
    },
  );
}
