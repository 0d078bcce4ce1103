import type { ServerResponse } from 'node:http';

/** Sends JSON that is already text, without the checks that Express makes for each response. */
export function sendJsonText(res: ServerResponse, text: string): void {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  // A long text is encoded once; a short one is sent in one piece with the headers.
  const body = text.length > LONG ? Buffer.from(text) : text;
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.end(body);
}

const LONG = 16_384;

export const sendJson = (res: ServerResponse, value: unknown): void => sendJsonText(res, JSON.stringify(value));
