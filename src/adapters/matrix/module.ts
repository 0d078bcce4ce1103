import { ContainerModule } from 'inversify';
import { Clock } from '../../ports/clock.js';
import { HomeserverKeys } from '../../ports/homeserver-keys.js';
import { Homeservers } from '../../ports/homeservers.js';
import { HttpClient } from '../../ports/http-client.js';
import { Signer } from '../../ports/signer.js';
import { Telemetry } from '../../ports/telemetry.js';
import { FederationClient, type FederationOptions } from './federation-client.js';
import { HomeserverKeysOverHttp } from './homeserver-keys-over-http.js';
import { HomeserversOverHttp } from './homeservers-over-http.js';

/** The homeservers, over whatever is bound as HTTP client. */
export const matrixModule = (options: FederationOptions) =>
  new ContainerModule(({ bind }) => {
    bind(FederationClient).toResolvedValue(
      (http: HttpClient, clock: Clock) => new FederationClient(http, clock, options),
      [HttpClient, Clock],
    );
    bind(Homeservers).toResolvedValue(
      (federation: FederationClient, telemetry: Telemetry) => new HomeserversOverHttp(federation, telemetry),
      [FederationClient, Telemetry],
    );
    bind(HomeserverKeys).toResolvedValue(
      (federation: FederationClient, signer: Signer, clock: Clock) =>
        new HomeserverKeysOverHttp(federation, signer, clock),
      [FederationClient, Signer, Clock],
    );
  });
