import type { Limit } from '../../ports/rate-limits.js';
import type { SubjectKind } from './asker.js';

/** The kinds of limited actions. */
export type Topic = 'mail' | 'sms' | 'invites' | 'lookup' | 'search' | 'signIn';

/** One limit and its counter. */
export interface CountedLimit {
  readonly topic: Topic;
  /** `undefined` means no limit. */
  readonly limit: Limit | undefined;
  readonly key: string;
  /** The name in the configuration, without `limits.` */
  readonly name: string;
  readonly kind: SubjectKind | undefined;
  /** The user, homeserver or client that is counted, for the log; absent for addresses and numbers, which are not logged. */
  readonly requester: string | undefined;
}
