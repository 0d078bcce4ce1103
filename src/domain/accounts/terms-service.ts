import type { Clock } from '../../ports/clock.js';
import type { TermsStore } from '../../ports/terms-store.js';
import { DomainError } from '../shared/errors.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Policy } from './policy.js';

/** Which policies a user still has to accept. Spec: "Terms of service". */
export class TermsService {
  /** By policy, the URLs of which one must be accepted. */
  private readonly choices: readonly (readonly string[])[];

  /** @param policies in their current version; a new version has new URLs */
  constructor(
    readonly policies: readonly Policy[],
    private readonly store: TermsStore,
    private readonly clock: Clock,
    /** While the store cannot be read, how old what is known may be where that is enough: see `check`. */
    private readonly outageMs = 0,
  ) {
    this.choices = policies.map(({ languages }) => Object.values(languages).map(({ url }) => url));
  }

  /** Remembers what a user accepts; URLs of no policy are ignored: clients may be ahead or behind. */
  async accept(mxid: Mxid, urls: readonly string[]): Promise<void> {
    const known = this.choices.flat().filter((url) => urls.includes(url));
    if (known.length > 0) await this.store.accept(mxid, known, this.clock.now());
  }

  /**
   * Lets those pass who have accepted every policy, each in any one of its languages.
   *
   * @param isForLookup whether what was known a while ago is enough while the store cannot be read
   * @throws DomainError `terms_not_signed`
   * @throws StoreUnavailableError if nothing can be read, and it is not known
   */
  async check(mxid: Mxid, isForLookup = false): Promise<void> {
    if (this.policies.length === 0) return;
    if (!(await this.store.hasAccepted(mxid, this.choices, isForLookup ? this.outageMs : 0)))
      throw new DomainError('terms_not_signed');
  }
}
