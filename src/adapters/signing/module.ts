import { ContainerModule } from 'inversify';
import { Signer } from '../../ports/signer.js';

/** Our signature, by keys that whoever made `signer` has read. */
export const signingModule = (signer: Signer) =>
  new ContainerModule(({ bind }) => {
    bind(Signer).toConstantValue(signer);
  });
