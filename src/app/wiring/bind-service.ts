import type { ContainerModuleLoadOptions, ServiceIdentifier } from 'inversify';

/** Asks for every binding of a token, in binding order. */
interface Every<E> {
  readonly every: ServiceIdentifier<E>;
}

/** What stands in the container for each dependency, by its name. */
export type Tokens<D> = {
  readonly [K in keyof D]-?: NonNullable<D[K]> extends readonly (infer E)[]
    ? Every<E> | ServiceIdentifier<NonNullable<D[K]>>
    : ServiceIdentifier<NonNullable<D[K]>>;
};

type Bind = Pick<ContainerModuleLoadOptions, 'bind'>;

/** Every binding of `token`, as an array; empty if there is none. */
export const all = <E>(token: ServiceIdentifier<E>): Every<E> => ({ every: token });

/**
 * Binds `token` to what `make` makes of its dependencies, once. A token of the wrong type, or one
 * that is missing, does not compile.
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
  // The names keep each value with its token; Inversify itself only knows their order.
  bind(token).toResolvedValue(
    (...values: unknown[]) => make(Object.fromEntries(names.map((name, at) => [name, values[at]])) as D),
    list,
  );
}

/** Binds a service to itself: its dependencies by name, and behind them what it is configured with. */
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
