import type { Telemetry } from '../../../ports/telemetry.js';
import { LdapError, messageOf } from './ldap-error.js';

/** Receives which parts of a directory fail and which work. */
export type StatusListener = Pick<StatusReporter, 'failed' | 'recovered'>;

/** Reports to the operator once when a part of a directory fails, and once when it works again. */
export class StatusReporter {
  private readonly problems = new Map<string, string>();

  constructor(
    private readonly source: string,
    private readonly telemetry: Telemetry,
  ) {}

  /** @param what e.g. `server ldap://dc1`, `lookups` */
  failed(what: string, error: unknown): void {
    const problem = error instanceof LdapError ? error.message : messageOf(error);
    this.telemetry.count('ldap_failures', { source: this.source });
    if (this.problems.get(what) === problem) return;
    this.problems.set(what, problem);
    this.telemetry.warn('directory failed', { event: 'directory_failed', source: this.source, what, problem }, error);
  }

  recovered(what: string): void {
    if (!this.problems.delete(what)) return;
    this.telemetry.info('directory works again', { event: 'directory_recovered', source: this.source, what });
  }
}
