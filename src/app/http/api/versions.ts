import type { Endpoints } from '../endpoints.js';

/** Spec: GET /versions. */
export const versionEndpoints = (versions: readonly string[]): Endpoints => ({
  '/versions': { GET: (_req, res) => void res.json({ versions }) },
});

/** How clients find out that there is an identity server. Spec: "Status check". */
export const pingEndpoints: Endpoints = {
  '': { GET: (_req, res) => void res.json({}) },
};
