import type { Telemetry } from '../../../ports/telemetry.js';
import type { LdapError } from '../connection/ldap-error.js';

/** Whether a directory refuses to say what changed. It is asked again after everything was read, or could not be. */
export class IncrementalRefusal {
  /** From a refusal until the listing that follows it. */
  isFresh = false;
  /** Why it refused when it was asked last; `undefined` if it did not. */
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
    this.telemetry.warn('directory refuses to say what changed; everything is read instead', facts);
  }

  answered(): void {
    if (this.reason === undefined) return;
    this.reason = undefined;
    this.telemetry.info('directory says again what changed', { event: 'directory_with_changes', source: this.source });
  }

  /** Whether a listing that begins now may be followed by a question for changes: whoever was just refused would be at once again. */
  beginListing(): boolean {
    const mayFollow = !this.isFresh;
    this.isFresh = false;
    return mayFollow;
  }
}
