import { ContainerModule } from 'inversify';
import { HttpClient } from '../../ports/http-client.js';

/** HTTP client for other servers. */
export const outboundModule = (http: HttpClient) =>
  new ContainerModule(({ bind }) => {
    bind(HttpClient).toConstantValue(http);
  });
