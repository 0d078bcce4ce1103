import type { Knex } from 'knex';

/**
 * Makes Knex log in with the current password: it takes the options of each new connection from this function. (Knex
 * accepts a function as well, but then replaces the connections in use when the options change.)
 */
export function useForEachLogin(db: Knex, options: () => object): void {
  Object.defineProperty(db.client, 'connectionSettings', { get: options });
}

/** The options of a new connection at this moment. */
export const loginOptions = <Options extends object>(db: Knex): Options => db.client.connectionSettings as Options;
