import type { Clock } from '../../ports/clock.js';
import type { TermsStore } from '../../ports/terms-store.js';
import { DomainError } from '../shared/errors.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Policy } from './policy.js';

/** Which policies a user still has to accept. Spec: "Terms of service". */
export class TermsService {
  /** @param policies in their current version; a new version has new URLs */
  constructor(
    readonly policies: readonly Policy[],
    private readonly store: TermsStore,
    private readonly clock: Clock,
  ) {}

  /** Remembers what a user accepts; URLs of no policy are ignored: clients may be ahead or behind. */
  async accept(mxid: Mxid, urls: readonly string[]): Promise<void> {
    const known = this.urls().filter((url) => urls.includes(url));
    if (known.length > 0) await this.store.accept(mxid, known, this.clock.now());
  }

  /**
   * Lets those pass who have accepted every policy, each in any one of its languages.
   *
   * @throws Refused `terms_not_signed`
   */
  async check(mxid: Mxid): Promise<void> {
    if (this.policies.length === 0) return;
    const accepted = new Set(await this.store.accepted(mxid, this.urls()));
    const isAccepted = ({ languages }: Policy) => Object.values(languages).some(({ url }) => accepted.has(url));
    if (!this.policies.every(isAccepted)) throw new DomainError('terms_not_signed');
  }

  private urls(): readonly string[] {
    return this.policies.flatMap(({ languages }) => Object.values(languages).map(({ url }) => url));
  }
}
