import type { Response } from 'express';

/** Sends JSON that is already text, without the checks that Express makes for each response. */
export function sendJsonText(res: Response, text: string): void {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}

export const sendJson = (res: Response, value: unknown): void => sendJsonText(res, JSON.stringify(value));
