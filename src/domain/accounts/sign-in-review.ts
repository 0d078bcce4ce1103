import type { AccountLookup } from '../../ports/account-lookup.js';
import type { AccountStore } from '../../ports/account-store.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { homeserverOf, type Mxid } from '../identifiers/mxid.js';

/** How many users are checked at the same time. */
const SIDE_BY_SIDE = 4;
/** After this many checks without an answer, a homeserver is skipped for the rest of the round. */
const TRIALS = 3;
/** The maximum number of users remembered between two rounds because their accounts seem to be gone. */
const MOST_SUSPECTS = 100_000;

export interface SignInReviewDependencies {
  readonly store: AccountStore;
  readonly accounts: AccountLookup;
  readonly telemetry: Telemetry;
}

/** Removes the access tokens of users whose accounts no longer exist, whether or not a directory knows them. */
export class SignInReview {
  private suspects: ReadonlySet<Mxid> = new Set();

  constructor(private readonly deps: SignInReviewDependencies) {}

  /**
   * Checks the accounts of all signed-in users. Tokens are removed when the account is missing in two consecutive
   * rounds: a homeserver that is being moved or restored may temporarily not know its users. Nothing changes after an
   * inconclusive answer.
   */
  async run(): Promise<void> {
    const missing = new Set<Mxid>();
    const failures = new Map<string, number>();
    for await (const page of this.deps.store.all()) {
      const queue = new Set(page.map(({ mxid }) => mxid)).values();
      const work = async () => {
        for (const mxid of queue) if (await this.isMissing(mxid, failures)) missing.add(mxid);
      };
      await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    }
    const gone = [...missing].filter((mxid) => this.suspects.has(mxid));
    this.suspects = new Set([...missing].slice(0, MOST_SUSPECTS));
    const ended = await this.deps.store.removeOf(gone, 'the account is gone');
    if (ended > 0) {
      const facts = { event: 'access_tokens_ended', users: gone.length, tokens: ended };
      this.deps.telemetry.info('access tokens revoked: their users have no account any more', facts);
    }
  }

  private async isMissing(mxid: Mxid, failures: Map<string, number>): Promise<boolean> {
    const homeserver = homeserverOf(mxid);
    if ((failures.get(homeserver) ?? 0) >= TRIALS) return false;
    try {
      const exists = await this.deps.accounts.has(mxid);
      failures.delete(homeserver);
      return !exists;
    } catch {
      failures.set(homeserver, (failures.get(homeserver) ?? 0) + 1);
      return false;
    }
  }
}
