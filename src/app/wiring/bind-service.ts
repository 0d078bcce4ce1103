import type { ContainerModuleLoadOptions, ServiceIdentifier } from 'inversify';

/** A dependency on all bindings of a token, in binding order. */
interface Every<E> {
  readonly every: ServiceIdentifier<E>;
}

/** The container token for each dependency, by name. */
export type Tokens<D> = {
  readonly [K in keyof D]-?: NonNullable<D[K]> extends readonly (infer E)[]
    ? Every<E> | ServiceIdentifier<NonNullable<D[K]>>
    : ServiceIdentifier<NonNullable<D[K]>>;
};

type Bind = Pick<ContainerModuleLoadOptions, 'bind'>;

/** All bindings of `token`, as an array; empty if there are none. */
export const all = <E>(token: ServiceIdentifier<E>): Every<E> => ({ every: token });

/**
 * Binds `token` to the result of `make` with its dependencies, as a singleton. A token of the wrong type or a missing
 * token does not compile.
 */
export function bindFactory<D extends object, T>(
  { bind }: Bind,
  token: ServiceIdentifier<T>,
  tokens: Tokens<D>,
  make: (dependencies: D) => T,
): void {
  const names = Object.keys(tokens);
  const list = Object.values<Every<unknown> | ServiceIdentifier>(tokens).map((wanted) =>
    isEvery(wanted) ? ({ serviceIdentifier: wanted.every, isMultiple: true } as const) : wanted,
  );
  // The names connect each value with its token; Inversify only knows their order.
  bind(token).toResolvedValue(
    (...values: unknown[]) => make(Object.fromEntries(names.map((name, at) => [name, values[at]])) as D),
    list,
  );
}

/** Binds a service to itself. The constructor receives its dependencies by name, followed by its options. */
export function bindService<D extends object, O extends unknown[], S>(
  load: Bind,
  Service: new (dependencies: D, ...options: O) => S,
  tokens: Tokens<D>,
  ...options: O
): void {
  bindFactory<D, S>(load, Service, tokens, (dependencies) => new Service(dependencies, ...options));
}

const isEvery = (wanted: Every<unknown> | ServiceIdentifier): wanted is Every<unknown> =>
  typeof wanted === 'object' && 'every' in wanted;
