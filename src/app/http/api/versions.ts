import type { Endpoints } from '../endpoints.js';
import { sendJson, sendJsonText } from '../send-json.js';

/** Spec: GET /versions. */
export const versionEndpoints = (versions: readonly string[]): Endpoints => ({
  '/versions': { isPlain: true, GET: (_req, res) => sendJson(res, { versions }) },
});

/** Clients use this to check that there is an identity server. Spec: "Status check". */
export const pingEndpoints: Endpoints = {
  '': { isPlain: true, GET: (_req, res) => sendJsonText(res, '{}') },
};
