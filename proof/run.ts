import { folderOf } from './shared/folder.js';
import { proveLargeDirectory } from './large-directory.js';
import { proveDebian } from './debian/proof.js';
import { proveSuite } from './debian/suite.js';
import { proveInstances } from './instances.js';
import { proveSynapse } from './synapse/proof.js';
import { stopServices } from '../test/support/services.js';

/**
 * Proofs that take too long, or need too many resources, to be tests: `npm run proof -- synapse`. Each reports
 * whether it passed.
 */
const proofs = {
  'large-directory': proveLargeDirectory,
  synapse: () => proveSynapse(folderOf('synapse')),
  instances: proveInstances,
  debian: (suite = 'bookworm', part = 'page') =>
    (part === 'suite' ? proveSuite : proveDebian)(folderOf('debian'), suite),
} satisfies Record<string, (...args: string[]) => Promise<boolean>>;

const isProof = (name: string): name is keyof typeof proofs => Object.hasOwn(proofs, name);

const [name = 'large-directory', ...args] = process.argv.slice(2);
if (!isProof(name)) {
  process.stderr.write(`There is no proof "${name}", only: ${Object.keys(proofs).join(', ')}\n`);
  process.exit(2);
}
let isRight = false;
try {
  isRight = await proofs[name](...args);
} finally {
  await stopServices();
}
process.exit(isRight ? 0 : 1);
