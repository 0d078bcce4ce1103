import type { Request, Response } from 'express';
import type { Cause } from '../../../domain/shared/cause.js';
import type { ClientOf } from './client-address.js';
import { requestIdOf } from '../request-record.js';

/** Who causes a change by a request, for the audit trail. @param by as in `Cause` */
export type CauseOf = (req: Request, res: Response, by: string) => Cause;

export const causeOf =
  (clientOf: ClientOf): CauseOf =>
  (req, res, by) => ({ by, requestId: requestIdOf(res), client: clientOf(req).address });

/** The name of the operator, as stated by the client of the admin listener. */
export const OPERATOR_HEADER = 'x-islet-operator';

/** An operator who has the admin token. Their name is only a statement. */
export const operatorCause = (req: Request, res: Response): Cause => {
  const name = req.headers[OPERATOR_HEADER];
  const isName = typeof name === 'string' && /^[\w.@-]{1,64}$/.test(name);
  const client = req.socket.remoteAddress;
  return {
    by: isName ? `operator ${name}` : 'operator',
    requestId: requestIdOf(res),
    ...(client !== undefined && { client }),
  };
};
