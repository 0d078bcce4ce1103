import { ContainerModule } from 'inversify';
import { Signer } from '../../ports/signer.js';

export const signingModule = (signer: Signer) =>
  new ContainerModule(({ bind }) => {
    bind(Signer).toConstantValue(signer);
  });
