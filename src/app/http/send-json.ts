import type { Response } from 'express';

/** Answers with JSON that is already text, with nothing of what Express looks for in every answer. */
export function sendJsonText(res: Response, text: string): void {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}

export const sendJson = (res: Response, value: unknown): void => sendJsonText(res, JSON.stringify(value));
