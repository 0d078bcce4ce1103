import { ContainerModule } from 'inversify';
import { Signer } from '../../ports/signer.js';

/** Signing with the keys of `signer`. */
export const signingModule = (signer: Signer) =>
  new ContainerModule(({ bind }) => {
    bind(Signer).toConstantValue(signer);
  });
