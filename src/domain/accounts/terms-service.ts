import type { Clock } from '../../ports/clock.js';
import type { TermsStore } from '../../ports/terms-store.js';
import type { Cause } from '../shared/cause.js';
import { DomainError } from '../shared/errors.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Policy } from './policy.js';

/** Checks which policies a user must still accept. Spec: "Terms of service". */
export class TermsService {
  /** For each policy, the URLs of which one must be accepted. */
  private readonly choices: readonly (readonly string[])[];

  /** @param policies in their current version; a new version has new URLs */
  constructor(
    readonly policies: readonly Policy[],
    private readonly store: TermsStore,
    private readonly clock: Clock,
    /** While the store cannot be read: the maximum age of cached answers, where these are acceptable. See `check`. */
    private readonly outageMs = 0,
  ) {
    this.choices = policies.map(({ languages }) => Object.values(languages).map(({ url }) => url));
  }

  /**
   * Stores the URLs that a user accepts. URLs that belong to no policy are ignored: clients may have an older or newer
   * list.
   */
  async accept(mxid: Mxid, urls: readonly string[], cause?: Cause): Promise<void> {
    const known = this.choices.flat().filter((url) => urls.includes(url));
    if (known.length > 0) await this.store.accept(mxid, known, this.clock.now(), cause);
  }

  /**
   * Passes if the user has accepted every policy, each in any one of its languages.
   *
   * @param isForLookup whether a cached answer is acceptable while the store cannot be read
   * @throws DomainError `terms_not_signed`
   * @throws StoreUnavailableError if the store cannot be read and there is no cached answer
   */
  async check(mxid: Mxid, isForLookup = false): Promise<void> {
    if (this.policies.length === 0) return;
    if (!(await this.store.hasAccepted(mxid, this.choices, isForLookup ? this.outageMs : 0)))
      throw new DomainError('terms_not_signed');
  }
}
