import type { LdapSource } from '../../adapters/ldap/ldap-source.js';
import { isKnownByName } from '../../adapters/ldap/sync/lazy-entry.js';
import type { Person } from '../../domain/directory/directory-entry.js';
import { isDifferentPeople } from '../../domain/directory/person-matching.js';
import { groupBy } from '../../domain/shared/group-by.js';
import { area, type CheckResult, messageWithCauses } from './check-result.js';

/** How many entries are read of a directory that is not mirrored. */
const SAMPLE = 200;
const SHOWN = 10;
const NAMED = 3;
/** A listing that takes longer than this is not read completely. */
const LIMIT_MS = 15_000;

interface Candidate {
  readonly id: string;
  readonly label: string;
  readonly person: Person;
}

/** The entries that were read, possibly not all. */
class DirectoryReading {
  readonly people: Candidate[] = [];
  readonly leftOut = new Map<string, string[]>();
  readonly warnings: string[] = [];
  addresses = 0;
  entries = 0;
  knownByName = 0;
  /** Why not all entries were read. */
  end: string | undefined;
  failure: string | undefined;

  async read(directory: LdapSource, isWhole: boolean): Promise<void> {
    const since = performance.now();
    try {
      for await (const { entries, warning } of directory.list()) {
        if (warning !== undefined) this.warnings.push(warning);
        for (const entry of entries) {
          const { id, label } = entry;
          const { person, skipped } = entry.parse();
          this.entries += 1;
          if (isKnownByName(entry)) this.knownByName += 1;
          if (person) this.people.push({ id, label, person });
          this.addresses += person?.threepids.length ?? 0;
          for (const reason of new Set(skipped)) this.leftOut.set(reason, [...(this.leftOut.get(reason) ?? []), label]);
        }
        if (!isWhole && this.entries >= SAMPLE) return;
        if (performance.now() - since < LIMIT_MS) continue;
        this.end = `not read completely: ${this.entries} entries in ${LIMIT_MS / 1000} s`;
        return;
      }
    } catch (error) {
      this.failure = messageWithCauses(error);
    }
  }
}

/**
 * Reads a directory like a sync, with the same limits of size and time, and reports which entries are left out.
 *
 * @param isMirrored whether a sync reads the directory; otherwise a few entries are enough
 */
export async function readAsSync(
  directory: LdapSource,
  name: string,
  isMirrored: boolean,
): Promise<readonly CheckResult[]> {
  const { ok, warning, failure } = area(`directory ${name}`);
  const reading = new DirectoryReading();
  await reading.read(directory, isMirrored);
  const { people, entries, addresses, knownByName, leftOut, warnings } = reading;
  const failed =
    reading.failure === undefined
      ? []
      : [
          failure(
            `a sync fails: ${reading.failure}`,
            'the mirror is not updated until the directory can be read completely',
          ),
        ];
  if (entries === 0) return failed;
  const words = `${people.length} of ${entries} entries are people, with ${addresses} addresses`;
  const mxids = people.slice(0, SHOWN).map(({ person }) => person.mxid);
  const named = mxids.length === 0 ? '' : `: ${mxids.join(', ')}${people.length > SHOWN ? ', …' : ''}`;
  const left = [...leftOut].sort(([, a], [, b]) => b.length - a.length).slice(0, SHOWN);
  const sameUserId = [...groupBy(people, ({ person }) => person.mxid)].filter(([, sameId]) =>
    isDifferentPeople(sameId),
  );
  return [
    ...failed,
    people.length > 0 && addresses > 0
      ? ok(words + named)
      : warning(words, 'compare attributes.user, attributes.email and localpart with an entry of a person'),
    ...(reading.end === undefined ? [] : [ok(reading.end)]),
    ...warnings.map((text) => warning(text)),
    ...(knownByName > 0
      ? [
          warning(
            `${knownByName} of them have no permanent id: an entry with the same distinguished name counts as the same person`,
            'let bindDn read entryUUID, objectGUID, ipaUniqueID or nsUniqueId, or set attributes.id',
          ),
        ]
      : []),
    ...left.map(([reason, labels]) => warning(`skipped in ${labels.length} of them: ${reason} (${someOf(labels)})`)),
    ...sameUserId
      .slice(0, SHOWN)
      .map(([mxid, all]) =>
        warning(
          `two people have the user ID ${mxid}: ${someOf(all.map(({ label }) => label))}`,
          'change localpart so that user IDs differ, or one of the entries',
        ),
      ),
  ];
}

/** The first few, and the number of the others. */
const someOf = (labels: readonly string[]): string =>
  [...labels.slice(0, NAMED), ...(labels.length > NAMED ? [`${labels.length - NAMED} more`] : [])].join('; ');
