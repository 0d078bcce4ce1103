import { ContainerModule } from 'inversify';
import { HashIndex } from '../../ports/hash-index.js';

/** Lookups from memory. Whoever made the index closes it. */
export const indexModule = (index: HashIndex) =>
  new ContainerModule(({ bind }) => {
    bind(HashIndex).toConstantValue(index);
  });
