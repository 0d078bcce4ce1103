import { ContainerModule } from 'inversify';
import { HashIndex } from '../../ports/hash-index.js';

/** Lookups from memory. The caller must close the index. */
export const indexModule = (index: HashIndex) =>
  new ContainerModule(({ bind }) => {
    bind(HashIndex).toConstantValue(index);
  });
