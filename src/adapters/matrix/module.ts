import { ContainerModule } from 'inversify';
import { Clock } from '../../ports/clock.js';
import { HomeserverKeys } from '../../ports/homeserver-keys.js';
import { AccountLookup } from '../../ports/account-lookup.js';
import { Homeservers } from '../../ports/homeservers.js';
import { HttpClient } from '../../ports/http-client.js';
import { Signer } from '../../ports/signer.js';
import { UserDirectory } from '../../ports/user-directory.js';
import { type AccountAccess, HttpAccountLookup } from './http-account-lookup.js';
import { ClientPlaces, type KnownClientPlace } from './client-discovery.js';
import { FederationClient, type FederationOptions } from './federation-client.js';
import { HttpUserDirectory, type UserDirectoryPlace } from './http-user-directory.js';
import { HttpHomeserverKeys } from './http-homeserver-keys.js';
import { HttpHomeservers } from './http-homeservers.js';

export interface MatrixOptions extends FederationOptions {
  /** The homeserver whose users search for people by name. */
  readonly userDirectory?: UserDirectoryPlace | undefined;
  readonly homeservers: NonNullable<FederationOptions['homeservers']> &
    Readonly<Record<string, KnownClientPlace & AccountAccess>>;
}

/** The homeservers, using the bound HTTP client. */
export const matrixModule = (options: MatrixOptions) =>
  new ContainerModule(({ bind }) => {
    bind(FederationClient).toResolvedValue(
      (http: HttpClient, clock: Clock) => new FederationClient(http, clock, options),
      [HttpClient, Clock],
    );
    bind(Homeservers).toResolvedValue(
      (federation: FederationClient) => new HttpHomeservers(federation),
      [FederationClient],
    );
    const { userDirectory } = options;
    if (userDirectory) {
      bind(UserDirectory).toResolvedValue(
        (http: HttpClient) => new HttpUserDirectory(userDirectory, http),
        [HttpClient],
      );
    }
    bind(AccountLookup).toResolvedValue(
      (http: HttpClient, clock: Clock, federation: FederationClient) => {
        const apis = new ClientPlaces(http, clock, options.homeservers);
        return new HttpAccountLookup({
          http,
          apis,
          isAllowed: (name) => federation.isAllowed(name),
          access: options.homeservers,
        });
      },
      [HttpClient, Clock, FederationClient],
    );
    bind(HomeserverKeys).toResolvedValue(
      (federation: FederationClient, signer: Signer, clock: Clock) => new HttpHomeserverKeys(federation, signer, clock),
      [FederationClient, Signer, Clock],
    );
  });
