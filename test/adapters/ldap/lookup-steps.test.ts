import { afterEach, describe, expect, it } from 'vitest';
import { ldapSource, type LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { searchResultEntry, tlv } from '../../support/ber.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import {
  type Asked,
  type LdapStandIn,
  person,
  result,
  SEARCH,
  startLdapStandIn,
  success,
} from '../../support/ldap-stand-in.js';

const PEOPLE = 'ou=people,dc=example,dc=org';
const anna = email('anna@example.org');
const found = { threepid: anna, mxid: '@anna:example.org' };

const entry = (dn: string, values: Readonly<Record<string, string>>) => tlv(0x64, searchResultEntry(dn, values));

describe('between the search for an address and that for the user name', () => {
  let server: LdapStandIn;
  let source: LdapSource;
  afterEach(async () => {
    await source.close();
    await server.stop();
  });

  /** A source whose server answers the searches in this order. */
  async function make(answer: (at: number, asked: Asked) => void) {
    let searches = 0;
    server = await startLdapStandIn((asked) => void (asked.tag === SEARCH && answer((searches += 1), asked)));
    source = ldapSource(
      {
        name: 'staff',
        urls: [server.url],
        bindDn: 'cn=islet',
        password: 's3cret',
        bases: [PEOPLE],
        preset: 'openldap',
        homeserver: 'example.org',
        timeLimitMs: 4_000,
        connections: 2,
        pageSize: 100,
      },
      new RecordingTelemetry(),
    );
  }

  const inTurn =
    (...answers: readonly (readonly Buffer[])[]) =>
    (at: number, { say }: Asked) => {
      for (const part of answers[at - 1] ?? []) say(part);
    };

  const changed = (mail: string) => entry(`uid=anna,${PEOPLE}`, { uid: 'anna', mail, entryUUID: 'id of anna' });
  const other = (mail: string) => entry(`uid=anna,ou=former,${PEOPLE}`, { uid: 'anna', mail, entryUUID: 'other' });

  it('an entry that stays as it is, or changes, is one person', async () => {
    await make(inTurn([person('anna'), success], [person('anna'), success]));
    expect(await source.find([anna])).toEqual([found]);
    await source.close();
    await server.stop();
    await make(inTurn([person('anna'), success], [changed('a.meier@example.org'), success]));
    expect(await source.find([anna])).toEqual([found]);
  });

  it('another person may appear whose user ID would be the same', async () => {
    await make(inTurn([person('anna'), success], [person('anna'), other('a.meier@example.org'), success]));
    expect(await source.find([anna])).toEqual([
      { threepid: anna, claimants: [`uid=anna,${PEOPLE}`, `uid=anna,ou=former,${PEOPLE}`] },
    ]);
  });

  it('the address may have been given to that person: then it is one who is listed twice', async () => {
    await make(inTurn([person('anna'), success], [person('anna'), other('anna@example.org'), success]));
    expect(await source.find([anna])).toEqual([found]);
    await source.close();
    await server.stop();
    const moved = [changed('a.meier@example.org'), other('anna@example.org'), success];
    await make(inTurn([person('anna'), success], moved));
    expect(await source.find([anna])).toMatchObject([{ claimants: { length: 2 } }]);
  });

  it('the server may fail: then nobody is returned, as it is not known who has the name', async () => {
    await make(inTurn([person('anna'), success], [result(0x65, 51)]));
    await expect(source.find([anna])).rejects.toThrow('busy');
  });

  it('the names of those who were found are searched while other addresses still are', async () => {
    let sayLast: (() => void) | undefined;
    await make((at, { say }) => {
      if (at === 1) say(person('anna'));
      // The third search ends only after the fourth, for the name of anna, has begun.
      if (at === 3) sayLast = () => say(success);
      else say(success);
      if (at === 4) sayLast?.();
    });
    const strangers = Array.from({ length: 400 }, (_, index) => email(`stranger${index}@example.org`));
    expect(await source.find([anna, ...strangers])).toEqual([found]);
    expect(server.searches()).toBe(4);
  });
});
