import type { Binding } from '../associations/binding.js';

/**
 * A binding as it is signed and sent. The names are the wire's because the signature is over them.
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
