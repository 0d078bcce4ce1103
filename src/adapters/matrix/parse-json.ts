import type { JsonObject } from '../../domain/signing/canonical-json.js';

/** Parses a body as a JSON object; `undefined` for anything else. */
export function parseJsonObject(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
