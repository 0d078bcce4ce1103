import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { HttpUserDirectory } from '../../../src/adapters/matrix/http-user-directory.js';
import { userDirectoryContract } from '../../contracts/user-directory.contract.js';
import { startStandIn } from '../../support/stand-in.js';

userDirectoryContract(async (behaviour) => {
  const standIn = await startStandIn(behaviour);
  const directory = new HttpUserDirectory({ url: standIn.url, timeLimitMs: 1_000 }, new AxiosHttpClient());
  return { directory, close: () => standIn.close() };
});
