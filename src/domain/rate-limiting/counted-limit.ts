import type { Limit } from '../../ports/rate-limits.js';
import type { SubjectKind } from './asker.js';

/** What is limited. */
export type Topic = 'mail' | 'sms' | 'invites' | 'lookup' | 'search' | 'signIn';

/** One limit, and the counter that it is held against. */
export interface CountedLimit {
  readonly topic: Topic;
  /** `undefined` is without limit. */
  readonly limit: Limit | undefined;
  readonly key: string;
  /** As the configuration has it, without `limits.` */
  readonly name: string;
  readonly kind: SubjectKind | undefined;
}
