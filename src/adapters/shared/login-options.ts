/** The part of Knex that is used here. */
interface Login {
  readonly client: object;
}

/**
 * Makes Knex log in with the current password: it takes the options of each new connection from this function. (Knex
 * accepts a function as well, but then replaces the connections in use when the options change.)
 */
export function useForEachLogin({ client }: Login, options: () => object): void {
  Object.defineProperty(client, 'connectionSettings', { get: options });
}

/** The options of a new connection at this moment. */
export const loginOptions = <Options extends object>({ client }: Login): Options =>
  (client as { readonly connectionSettings: Options }).connectionSettings;
