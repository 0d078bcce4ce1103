import { isUtf8 } from 'node:buffer';
import express, { type Request, type Response } from 'express';
import { formParameters, type Parameters } from '../../request/query.js';
import { RequestError } from '../../request-error.js';

const FORM = 'application/x-www-form-urlencoded';
/** The longest form has a few addresses and user IDs. */
const read = express.raw({ type: FORM, limit: 16 * 1024 });

/** The fields of a form that a browser sent; reads the body. @throws RequestError */
export async function formBody(req: Request, res: Response): Promise<Parameters> {
  if (!req.is(FORM)) throw new RequestError('body_broken', 'The request is no form');
  await new Promise<void>((resolve, reject) =>
    read(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error as Error))),
  );
  const body: unknown = req.body;
  if (!Buffer.isBuffer(body)) return {};
  if (!isUtf8(body)) throw new RequestError('body_broken', 'The form is not UTF-8');
  return formParameters(body.toString());
}
