/**
 * A name in a path is a server name and, after a space, an id of the server. In the header the id is in the comment:
 * `1.1 id.example.org (Islet 0a1b2c3d)`. The comment distinguishes identity servers from proxies, which also add their
 * names to the header.
 */
const ENTRY = /^\S+ ([^\s()]{1,255}) \(Islet ([0-9a-f]{8})\)$/;

/**
 * The `Via` header of a lookup that passed through these identity servers, the nearest last. Spec: RFC 9110, 7.6.3,
 * which defines it "for avoiding request loops".
 */
export const viaText = (viaPath: readonly string[]): string =>
  viaPath.map((name) => `1.1 ${name.replace(' ', ' (Islet ')})`).join(', ');

/** The identity servers in a `Via` header, the nearest last. */
export const routeIn = (via: string | undefined): readonly string[] =>
  entriesOf(via).flatMap((entry) => {
    const [, name, mark] = ENTRY.exec(entry) ?? [];
    return name === undefined ? [] : `${name} ${mark}`;
  });

/** Whether the header contains other entries: proxies. */
export const namesProxies = (via: string | undefined): boolean => entriesOf(via).length > routeIn(via).length;

const entriesOf = (via = ''): readonly string[] =>
  via
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
