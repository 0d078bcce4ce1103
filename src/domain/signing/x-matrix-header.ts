/** The claims of an `Authorization: X-Matrix` header. Spec: Server-Server API, "Request Authentication". */
export interface XMatrix {
  readonly origin: string;
  readonly destination: string | undefined;
  readonly key: string;
  /** base64 */
  readonly sig: string;
}

// RFC 9110 tokens and quoted strings; older servers do not quote a colon.
const PARAMETER =
  /\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z:]+))\s*(?:,|$)/y;

/** Parses a header; `undefined` if it has another scheme, or is malformed or incomplete. */
export function parseXMatrix(header: string): XMatrix | undefined {
  const scheme = /^X-Matrix +/i.exec(header);
  if (!scheme) return undefined;
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = scheme[0].length;
  while (PARAMETER.lastIndex < header.length) {
    const match = PARAMETER.exec(header);
    if (!match) return undefined;
    const [, name = '', quoted, token = ''] = match;
    const key = name.toLowerCase();
    if (parameters.has(key)) return undefined;
    parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? token);
  }
  const [origin, key, sig] = ['origin', 'key', 'sig'].map((name) => parameters.get(name));
  if (!origin || !key || !sig) return undefined;
  return { origin, key, sig, destination: parameters.get('destination') };
}
