import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { LdapOptions } from '../../../src/adapters/ldap/options.js';
import { ldapSource, type LdapSource } from '../../../src/adapters/ldap/ldap-source.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { tlv } from '../../support/ber.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { listed } from '../../support/ldap.js';
import {
  type Asked,
  BIND,
  cookie,
  type LdapStandIn,
  notice,
  paging,
  result,
  SEARCH,
  person,
  startLdapStandIn,
  success,
} from '../../support/ldap-stand-in.js';

const anna = email('anna@example.org');
const found = [{ threepid: anna, mxid: '@anna:example.org' }];

describe('a directory server', () => {
  const servers: LdapStandIn[] = [];
  let source: LdapSource;
  let recorded: RecordingTelemetry;

  afterEach(async () => {
    await source.close();
    for (const server of servers.splice(0)) await server.stop();
  });

  /** Short limits for servers that do not answer: the tests wait for nothing else. */
  const shortLimits = { timeLimitMs: 400, stallLimitMs: 400 };

  /** A source whose servers send these answers, in this order. */
  async function make(answers: readonly ((asked: Asked) => boolean | void)[], options: Partial<LdapOptions> = {}) {
    for (const answer of answers) servers.push(await startLdapStandIn(answer));
    recorded = new RecordingTelemetry();
    source = ldapSource(
      {
        name: 'staff',
        urls: servers.map(({ url }) => url),
        bindDn: 'cn=islet',
        password: 's3cret',
        passwordFrom: 'file /etc/islet/ldap-password',
        bases: ['ou=people,dc=example,dc=org'],
        preset: 'openldap',
        homeserver: 'example.org',
        timeLimitMs: 4_000,
        stallLimitMs: 4_000,
        connections: 2,
        pageSize: 100,
        ...options,
      },
      recorded,
    );
  }

  const searched =
    (...bases: readonly Buffer[]) =>
    ({ tag, say }: Asked) => {
      if (tag === SEARCH) for (const part of bases) say(part);
    };
  const bound =
    (response: Buffer) =>
    ({ tag, say }: Asked) => {
      if (tag === BIND) say(response);
      return true;
    };
  const works = searched(person('anna'), success);

  it.each([
    ['refers to another one', result(0x65, 10), 'referral error (another server has these entries)'],
    ['reaches its time limit', result(0x65, 3), 'time limit exceeded (time limit of the server)'],
    ['reaches its size limit', result(0x65, 4), 'size limit exceeded (size limit of the server)'],
    ['finds the search too costly', result(0x65, 11), 'admin limit exceeded (a limit of the server for searches)'],
    ['is busy', result(0x65, 51), 'busy error (the server is overloaded)'],
    ['returns an unknown result code', result(0x65, 118), 'result code 118'],
    ['answers with the result of a bind', result(0x61), 'the answer does not belong to this request'],
    ['answers with the result of a change', result(0x67), 'the answer does not belong to this request'],
    ['sends half a message', tlv(0x65, tlv(0x0a, '\0')), 'bytes that are not an LDAP message'],
  ])('that %s after it returned an entry has failed, and its listing is not used', async (_case, response, words) => {
    await make([searched(person('anna'), response)]);
    await expect(source.find([anna])).rejects.toThrow(`search below ou=people,dc=example,dc=org failed: ${words}`);
    await expect(listed(source)).rejects.toThrow(words);
  });

  it.each([false, true])(
    'that returns fewer entries on pages than without them causes a warning (in a thread: %s)',
    async (listsInThread) => {
      const all = ['anna', 'bob', 'carla'].map(person);
      const answer = ({ tag, isPaged, say }: Asked) => {
        if (tag === SEARCH) for (const part of [...(isPaged ? all.slice(0, 1) : all), success]) say(part);
      };
      await make([answer], { listsInThread });
      const warnings: string[] = [];
      for await (const { warning } of source.list()) if (warning !== undefined) warnings.push(warning);
      expect(warnings).toEqual([
        'the paged search omits at least 2 entries that a search without pages returns: uid=bob,ou=people,dc=example,dc=org',
      ]);
      expect(recorded.all(warnings[0] ?? '')).toHaveLength(1);
    },
  );

  it('that announces the end of the connection is left at once', async () => {
    await make([({ tag, socket }) => void (tag === SEARCH && socket.write(notice(52, 'maintenance')))]);
    await expect(source.find([anna])).rejects.toThrow('the server ended the connection (maintenance)');
  });

  it('may send unknown responses between the entries', async () => {
    await make([searched(tlv(0x79, tlv(0x80, '1.2.3')), person('anna'), success)]);
    expect(await source.find([anna])).toEqual(found);
  });

  it.each([
    ['the same page again and again', [person('anna'), Buffer.concat([success, cookie('next')])]],
    ['empty pages without an end', [Buffer.concat([success, cookie('next')])]],
  ])('that gives %s has failed', async (_case, bases) => {
    await make([searched(...bases)]);
    await expect(listed(source)).rejects.toThrow('the server sends pages without end');
  });

  it.each([
    ['missing', []],
    ['empty', [tlv(0x04)]],
    ['a number', [tlv(0x04, tlv(0x02, '\0'))]],
    ['without a cookie', [tlv(0x04, tlv(0x30, tlv(0x02, '\0')))]],
    ['truncated', [tlv(0x04, Buffer.from([0x30, 0x09, 0x02, 0x01, 0x00, 0x04, 0x04, 0x6e]))]],
    ['with a number as a cookie', [tlv(0x04, tlv(0x30, tlv(0x02, '\0'), tlv(0x02, '\0')))]],
  ])('whose page control is %s has failed, because further pages could contain more people', async (_case, value) => {
    await make([searched(person('anna'), Buffer.concat([success, paging(...value)]))]);
    await expect(listed(source)).rejects.toThrow('the paging control of the answer cannot be read');
  });

  it('may mark its page control as critical', async () => {
    const value = tlv(0x04, tlv(0x30, tlv(0x02, '\0'), tlv(0x04)));
    await make([searched(person('anna'), Buffer.concat([success, paging(tlv(0x01, Buffer.from([0xff])), value)]))]);
    expect(await listed(source)).toHaveLength(1);
  });

  it.each([3, 4, 10, 11, 50, 53])(
    'that ends a search for changes with code %i is listed completely, whatever it returned before',
    async (code) => {
      // The queries in order: the root entry, the people, whether it reports changes and finds ids; what changed; who
      // are people.
      for (const failing of [5, 6]) {
        let asked = -Infinity;
        const response = () => (++asked === failing ? result(0x65, code) : success);
        await make([
          (search) => {
            if (search.tag === SEARCH) searched(person('anna'), response())(search);
          },
        ]);
        let syncCursor = '';
        for await (const _page of source.list((made) => (syncCursor = made)));
        expect(syncCursor).not.toBe('');
        asked = 0;
        expect(await source.changes(syncCursor)).toBeUndefined();
        expect(asked).toBe(failing);
        expect(recorded.all('directory refuses incremental syncs; full syncs are used instead')).toHaveLength(1);
        await source.close();
        await servers.pop()?.stop();
      }
    },
  );

  it.each([
    [
      53,
      'Account inactivated. Contact system administrator.',
      / \(Account inactivated. Contact system administrator.\)$/,
    ],
    [19, 'Exceed password retry limit.\n', /constraint violation \(Exceed password retry limit.\)$/],
    [49, '', /invalid credentials$/],
    [
      49,
      '80090308: LdapErr: DSID-0C0903A9, comment: x, data 775, v1db1',
      /invalid credentials \(the account is locked\)$/,
    ],
  ])('that refuses the bind with %i and %j is quoted if its message says more', async (code, words, expected) => {
    await make([bound(result(0x61, code, words))]);
    await expect(source.find([anna])).rejects.toThrow(expected);
    await expect(source.find([anna])).rejects.toThrow(/bind refused for cn=islet \(password from file /);
  });

  it('that answers only half of a lookup in time is reported for the whole lookup', async () => {
    await make(
      [
        ({ tag, say }) => {
          if (tag !== SEARCH || (servers[0]?.searches() ?? 0) > 1) return;
          setTimeout(() => {
            say(person('anna'));
            say(success, cookie('next'));
          }, 250);
        },
      ],
      shortLimits,
    );
    await expect(source.find([anna])).rejects.toThrow('no answer within 0.4 s');
  });

  it('that does not answer the bind is not said to have refused the password', async () => {
    await make([() => true], shortLimits);
    await expect(source.find([anna])).rejects.toThrow('no answer');
    const expected = {
      what: `server ${servers[0]?.url}`,
      problem: `${servers[0]?.url}: bind failed: no answer within 0.4 s`,
    };
    await expect.poll(() => recorded.all('directory failed')).toContainEqual(expect.objectContaining(expected));
  });

  describe('among several servers', () => {
    it.each([
      ['is busy', searched(result(0x65, 51))],
      ['is shutting down', searched(result(0x65, 52))],
      ['closes the connection', ({ tag, socket }: Asked) => void (tag === SEARCH && socket.end())],
    ])('that %s is replaced by another one, which is reported once', async (_case, fails) => {
      await make([fails, works]);
      for (let lookup = 0; lookup < 5; lookup++) expect(await source.find([anna])).toEqual(found);
      expect(servers[0]?.searches()).toBe(1);
      expect(await listed(source)).toHaveLength(1);
      const [expected, ...others] = recorded.all('directory failed');
      expect(expected).toMatchObject({ what: `answers of ${servers[0]?.url}` });
      expect(others).toEqual([]);
      expect(inspect(recorded.lines, { depth: 20 })).not.toMatch(/anna|s3cret/);
    });

    it('that does not answer causes one delay', async () => {
      let isSilent = true;
      await make([(asked) => (isSilent ? undefined : works(asked)), works], {
        timeLimitMs: 1_500,
        stallLimitMs: 1_500,
      });
      await expect(source.find([anna])).rejects.toThrow('no answer within 1.5 s');
      for (let lookup = 0; lookup < 5; lookup++) expect(await source.find([anna])).toEqual(found);
      expect(await listed(source)).toHaveLength(1);
      isSilent = false;
      expect(await listed(source)).toHaveLength(1);
      expect(recorded.all('directory works again')).toContainEqual(
        expect.objectContaining({ what: `answers of ${servers[0]?.url}` }),
      );
    });

    it('is reported with the reason of each, if no other one answers either', async () => {
      await make([searched(result(0x65, 51)), () => undefined], shortLimits);
      await expect(listed(source)).rejects.toThrow(/busy error.*; .*no answer within 0.4 s/);
    });
  });
});
