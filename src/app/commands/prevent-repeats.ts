import { readFile } from 'node:fs/promises';
import { preventRepeatsInFile } from '../../adapters/knex/prevent-repeats-in-file.js';
import { DerivedSecretBox } from '../../adapters/signing/derived-secret-box.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import { SystemClock } from '../../adapters/system/system-clock.js';

/**
 * Prevents a restored backup from sending people again what they received after it was made.
 *
 * @param draft file with a checked copy of the backup
 * @param replaced file of the database that is replaced
 * @param operator the name of the operator, for the audit trail
 * @param keyFile file with the signing key, with which the backup is sealed
 * @returns sentences for the operator
 */
export async function preventRepeats(
  draft: string,
  replaced: string,
  keyFile: string,
  operator: string | undefined,
): Promise<readonly string[]> {
  const cause = { by: operator === undefined ? 'operator' : `operator ${operator}` };
  const box = new DerivedSecretBox(parseKeys(await readFile(keyFile, 'utf8')));
  const prevented = await preventRepeatsInFile(draft, replaced, box, new SystemClock(), cause);
  if (!prevented) {
    return ['The backup is of an older version: invitations that were delivered or mailed since may be sent again'];
  }
  const { isKnown, delivered, mails } = prevented;
  if (isKnown) {
    return [
      `The replaced database tells what was done since the backup: ${delivered} invitations were delivered and ` +
        `${mails} mails were sent, and are not sent again`,
    ];
  }
  if (mails === 0) return [];
  return [
    `${mails} mails of invitations may have been sent since the backup, and are not sent again: see islet invites`,
  ];
}
