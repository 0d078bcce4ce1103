import { ContainerModule } from 'inversify';
import { NameIndex } from '../../ports/name-index.js';

/** Searches by name from memory. Whoever made the index closes it. */
export const nameIndexModule = (index: NameIndex) =>
  new ContainerModule(({ bind }) => {
    bind(NameIndex).toConstantValue(index);
  });
