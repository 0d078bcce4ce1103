import { benchSync } from './sync.js';
console.log(await benchSync(40_000));
process.exit(0);
