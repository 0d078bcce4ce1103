import type { Association, Finding } from '../../domain/associations/association.js';
import { readMxid } from '../../domain/identifiers/mxid-uri.js';
import { spellingsOf } from '../../domain/identifiers/spellings.js';
import { keyOf, sameThreepid, type Threepid, tryThreepid } from '../../domain/identifiers/threepid.js';
import { groupBy } from '../../domain/shared/group-by.js';

/** Maximum number of claimants of one threepid to report. */
const MOST_NAMED = 10;

/** The usable findings of an answer. `reportInvalid` receives the reason for each skipped one, without addresses. */
export function findingsIn(
  answer: unknown,
  asked: readonly Threepid[],
  reportInvalid: (reason: string) => void,
): readonly Finding[] {
  if (!Array.isArray(answer)) throw new Error('find() did not return a list');
  // Duplicates are ignored, but the total number is limited.
  if (answer.length > 2 * asked.length + 1000)
    throw new Error(`find() returned ${answer.length} findings for ${asked.length} addresses`);
  const bySpelling = groupBy(
    asked.flatMap((threepid) => keysOf(threepid).map((key) => ({ key, threepid }))),
    ({ key }) => key,
  );
  return answer.flatMap((found: unknown): readonly Finding[] => {
    // Modules written for earlier versions use the name `contestedBy`.
    const { contestedBy, claimants = contestedBy } = record(found);
    const read = threepidIn(found);
    const wanted = (read && bySpelling.get(keyOf(read))) ?? [];
    if (wanted.length === 0) {
      reportInvalid(read ? 'an address that was not asked for' : 'a finding without a valid threepid');
      return [];
    }
    if (Array.isArray(claimants)) {
      const named = claimants.slice(0, MOST_NAMED).map(String);
      return wanted.map(({ threepid }) => ({ threepid, claimants: named }));
    }
    const association = associationIn(found);
    if (typeof association === 'string') {
      reportInvalid(association);
      return [];
    }
    const { mxid, isUnlisted } = association;
    return wanted.map(({ threepid }) =>
      isUnlisted ? { threepid, claimants: [`${mxid} (unlisted)`], owner: mxid } : { threepid, mxid },
    );
  });
}

/** One for each spelling of the threepid: the domain as in the DNS and as people write it. */
const keysOf = (threepid: Threepid): readonly string[] =>
  spellingsOf(threepid).map((address) => keyOf({ medium: threepid.medium, address }));

/**
 * Validates an association from an external source. Returns it with a canonical address, or the reason why it is
 * invalid.
 */
export function associationIn(value: unknown): (Association & { readonly isUnlisted?: true }) | string {
  const threepid = threepidIn(value);
  if (!threepid) return 'a finding without a valid threepid';
  const { mxid: text, isUnlisted } = record(value);
  const mxid = typeof text === 'string' ? readMxid(text) : undefined;
  return mxid ? { threepid, mxid, ...(isUnlisted === true && { isUnlisted }) } : 'a finding without a valid Matrix ID';
}

/** The data about the person of an association from an external source. */
export function attributesIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const { attributes } = record(value);
  return typeof attributes === 'object' && attributes !== null ? record(attributes) : undefined;
}

function threepidIn(value: unknown): Threepid | undefined {
  const { medium, address, alias } = record(record(value)['threepid']);
  if (typeof medium !== 'string' || typeof address !== 'string') return undefined;
  const threepid = tryThreepid(medium, address);
  // A value that was read from another spelling can also be found by that spelling.
  const spelled = typeof alias === 'string' ? tryThreepid(medium, alias) : undefined;
  return threepid && spelled && sameThreepid(threepid, spelled) ? spelled : threepid;
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
