import { describe } from 'vitest';
import { memoryStores } from './stores.js';
import { storeContracts } from '../../contracts/all-stores.js';

describe('in memory', () => {
  storeContracts(async (clock) => ({ stores: memoryStores(clock), close: async () => undefined }));
});
