import { secretBoxContract } from '../../contracts/secret-box.contract.js';
import { secretBoxOf } from '../../support/secret-box.js';

secretBoxContract(secretBoxOf);
