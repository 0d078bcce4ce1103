import type { OperationsByText } from '../../domain/admin/text-admin-service.js';
import { printable, printableJson } from '../../domain/shared/printable.js';
import type { AuditEntry } from '../../ports/audit-log.js';
import type { Output } from './operations.js';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** When `--since` begins: `2h`, `7d`, or a date such as `2026-11-29` or `2026-11-29T08:00:00Z`. @throws for other text */
export function sinceOf(text: string, now: number): number {
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (amount !== undefined) return Math.max(0, now - Number(amount) * (UNITS[unit] ?? 0));
  const time = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new Error(`--since ${text}: write 2h, 7d or 2026-11-29`);
  return time;
}

/** Shows the audit trail of a user or an address, or all of it. @returns the exit code: 1 if there is nothing */
export async function showAudit(
  access: Pick<OperationsByText, 'audit'>,
  who: string | undefined,
  since: number | undefined,
  { isJson, style, print }: Output,
): Promise<number> {
  const entries = await access.audit(who, since);
  if (isJson) print(printableJson(entries));
  else if (entries.length === 0) print('There are no entries.');
  else for (const entry of printable(entries)) print(entryText(entry, style));
  return entries.length > 0 ? 0 : 1;
}

function entryText(entry: AuditEntry, style: Output['style']): string {
  const { seq, at, action, mxid, medium, addressHash, source, detail, by, client, requestId } = entry;
  const time = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  const words = [
    action.replaceAll('_', ' '),
    mxid,
    addressHash && `${medium ?? ''} #${addressHash.slice(0, 8)}`,
    source && `in ${source}`,
    detail && `(${detail})`,
    `by ${by}`,
    client && `from ${client}`,
  ].filter((word) => word);
  return `${style.dim(time)}  ${words.join(' ')}  ${style.dim([`no. ${seq}`, requestId].filter((part) => part).join(' '))}`;
}
