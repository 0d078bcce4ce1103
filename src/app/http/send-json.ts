import type { ServerResponse } from 'node:http';

/** Sends JSON that is already text, without the checks that Express makes for each response. */
export function sendJsonText(res: ServerResponse, text: string): void {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}

export const sendJson = (res: ServerResponse, value: unknown): void => sendJsonText(res, JSON.stringify(value));
