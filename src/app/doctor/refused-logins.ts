import type { CheckResult, Check } from './check-result.js';

/** Directories lock accounts after a few wrong passwords, often five in half an hour. */
const AGAIN_MS = 20 * 60_000;

/** Keeps repeated checks from locking an account: after a refused login, the check is not repeated for a while. */
export class RefusedLogins {
  private readonly refused = new Map<string, { readonly results: readonly CheckResult[]; readonly until: number }>();

  /** @param now ms since the epoch */
  constructor(private readonly now: () => number) {}

  guard(name: string, check: Check): Check {
    return async () => {
      const kept = this.refused.get(name);
      if (kept && this.now() < kept.until) return kept.results;
      const results = await check();
      const until = this.now() + AGAIN_MS;
      if (results.some(isRefusedLogin)) this.refused.set(name, { results, until });
      else this.refused.delete(name);
      return results;
    };
  }
}

const isRefusedLogin = ({ state, words }: CheckResult): boolean =>
  state === 'failure' &&
  /credentials|bind refused|refuses the login|not tried again|password authentication/i.test(words);
