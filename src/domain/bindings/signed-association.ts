import type { Binding } from '../associations/binding.js';

/**
 * A binding in the form that is signed and sent. The names are those of the API, because the signature covers them.
 * Spec: POST /3pid/bind.
 */
export const signable = ({ threepid: { medium, address }, mxid, boundAt, notBefore, notAfter }: Binding) => ({
  address,
  medium,
  mxid,
  not_before: notBefore,
  not_after: notAfter,
  ts: boundAt,
});
