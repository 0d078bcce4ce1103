import { ContainerModule } from 'inversify';
import { NameIndex } from '../../ports/name-index.js';

/** Searches by name from memory. The caller must close the index. */
export const nameIndexModule = (index: NameIndex) =>
  new ContainerModule(({ bind }) => {
    bind(NameIndex).toConstantValue(index);
  });
