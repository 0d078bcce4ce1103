import { benchSync } from '/work/main/test/bench/sync.ts';
console.log(await benchSync(100_000));
process.exit(0);
