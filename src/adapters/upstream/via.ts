/** Says which entries of a `Via` are identity servers: proxies write their names there as well. */
const COMMENT = '(Islet)';

/**
 * The `Via` of a question that has come by these identity servers, the nearest last. Spec: RFC 9110,
 * 7.6.3, which has it "for avoiding request loops".
 */
export const viaText = (route: readonly string[]): string => route.map((name) => `1.1 ${name} ${COMMENT}`).join(', ');

/** The identity servers that a `Via` names, the nearest last. */
export const routeIn = (via: string | undefined): readonly string[] =>
  entriesOf(via).flatMap((entry) => /^\S+ ([^\s()]{1,255}) \(Islet\)$/.exec(entry)?.[1] ?? []);

/** Whether it names anybody else: a proxy. */
export const namesProxies = (via: string | undefined): boolean => entriesOf(via).length > routeIn(via).length;

const entriesOf = (via = ''): readonly string[] =>
  via
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
