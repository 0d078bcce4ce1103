import { inChroot } from '../chroot.js';
import { readPhoneNumber } from '../../../src/domain/identifiers/phone-number.js';
import { MatrixClient } from '../matrix-client.js';
import type { Scenario } from '../scenario.js';

/** Numbers that different versions of the library parse differently. */
const NUMBERS = [
  ['MX', '+52 1 55 1234 5678'],
  ['MX', '044 55 1234 5678'],
  ['MX', '55 1234 5678'],
  ['BJ', '97 12 34 56'],
  ['BJ', '01 97 12 34 56'],
  ['NG', '23418040123'],
  ['NG', '08031234567'],
  ['NG', '01 460 1234'],
  ['UZ', '8 90 123 45 67'],
  ['CO', '03 1 2345678'],
  ['ZW', '2631312345'],
  ['DE', '0151 23456789'],
] as const;

const PYTHON = `
import json, phonenumbers, sys
for country, number in json.loads(sys.argv[1]):
    try: print(phonenumbers.format_number(phonenumbers.parse(number, country), 0)[1:])
    except Exception: print('')
`;

/** Tests text messages that a homeserver requests for its users, and how both sides parse phone numbers. */
export async function checkPhones(scenario: Scenario): Promise<void> {
  const { report } = scenario;
  const { hs1, chroot, texts } = scenario.environment;

  await report.step('Eight users add a number through the homeserver', async () => {
    for (let number = 0; number < 8; number += 1) {
      const user = await MatrixClient.register(hs1, `texter${number}`);
      const { status, json } = await user.request('POST', '/account/3pid/msisdn/requestToken', {
        country: 'GB',
        phone_number: `0770090010${number}`,
        client_secret: `secret-${number}`,
        send_attempt: 1,
      });
      report.check(`user ${number + 1}: 200`, status === 200, status === 200 ? undefined : json);
    }
    report.note(`${texts.length} text messages`);
  });

  await report.step('Numbers as Synapse and as Islet read them', async () => {
    const read = (await inChroot(chroot.root, 'python3', '-c', PYTHON, JSON.stringify(NUMBERS))).split('\n');
    for (const [at, [country, written]] of NUMBERS.entries()) {
      const digits = readPhoneNumber(written, country)?.digits;
      report.note(`${country} ${written}: Synapse ${read[at] || '-'}, Islet ${digits ?? '-'}`);
    }
  });
}
