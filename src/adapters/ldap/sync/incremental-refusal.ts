import type { Telemetry } from '../../../ports/telemetry.js';
import type { LdapError } from '../connection/ldap-error.js';

/**
 * Whether a directory refuses incremental queries. It is queried again after each full listing, including failed ones.
 */
export class IncrementalRefusal {
  /** True from a refusal until the next listing. */
  isFresh = false;
  /** The reason of the last refusal; `undefined` if the last query succeeded. */
  reason: string | undefined;

  constructor(
    private readonly source: string,
    private readonly telemetry: Telemetry,
  ) {}

  refused({ message }: LdapError): void {
    this.isFresh = true;
    if (this.reason === message) return;
    this.reason = message;
    const facts = { event: 'directory_without_changes', source: this.source, problem: message };
    this.telemetry.warn('directory refuses incremental syncs; full syncs are used instead', facts);
  }

  answered(): void {
    if (this.reason === undefined) return;
    this.reason = undefined;
    this.telemetry.info('directory accepts incremental syncs again', {
      event: 'directory_with_changes',
      source: this.source,
    });
  }

  /**
   * Whether an incremental query may follow the listing that begins now. After a recent refusal it would be refused
   * again immediately.
   */
  beginListing(): boolean {
    const mayFollow = !this.isFresh;
    this.isFresh = false;
    return mayFollow;
  }
}
