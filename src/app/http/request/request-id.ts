import type { Response } from 'express';

/** The id of a request, as in its log lines and in `X-Request-Id`. */
export const requestIdOf = (res: Response): string => String(res.locals['requestId'] ?? 'none');
