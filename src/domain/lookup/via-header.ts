/**
 * A name in a route is a server name and, after a blank, a mark of the server, which stands in the
 * comment: `1.1 id.example.org (Islet 0a1b2c3d)`. The comment tells identity servers from proxies,
 * which write their names there as well.
 */
const ENTRY = /^\S+ ([^\s()]{1,255}) \(Islet ([0-9a-f]{8})\)$/;

/**
 * The `Via` of a question that has come by these identity servers, the nearest last. Spec: RFC 9110,
 * 7.6.3, which has it "for avoiding request loops".
 */
export const viaText = (viaPath: readonly string[]): string =>
  viaPath.map((name) => `1.1 ${name.replace(' ', ' (Islet ')})`).join(', ');

/** The identity servers that a `Via` names, the nearest last. */
export const routeIn = (via: string | undefined): readonly string[] =>
  entriesOf(via).flatMap((entry) => {
    const [, name, mark] = ENTRY.exec(entry) ?? [];
    return name === undefined ? [] : `${name} ${mark}`;
  });

/** Whether it names anybody else: a proxy. */
export const namesProxies = (via: string | undefined): boolean => entriesOf(via).length > routeIn(via).length;

const entriesOf = (via = ''): readonly string[] =>
  via
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
