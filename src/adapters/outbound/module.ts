import { ContainerModule } from 'inversify';
import { HttpClient } from '../../ports/http-client.js';

export const outboundModule = (http: HttpClient) =>
  new ContainerModule(({ bind }) => {
    bind(HttpClient).toConstantValue(http);
  });
