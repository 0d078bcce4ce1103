import { describe, expect, it } from 'vitest';
import { MessageFramer } from '../../../src/adapters/ldap/protocol/message-framer.js';
import { searchResultEntry, tlv } from '../../support/ber.js';

const content = (uid: string) => searchResultEntry(`uid=${uid},dc=example,dc=org`, { uid, mail: `${uid}@example.org` });
const entry = (uid: string) => tlv(0x30, tlv(0x02, '\x07'), tlv(0x64, content(uid)));
const done = tlv(0x30, tlv(0x02, '\x07'), tlv(0x65, tlv(0x0a, '\0'), tlv(0x04), tlv(0x04)));

function receive(...chunks: readonly Buffer[]) {
  const entries: string[] = [];
  const others: string[] = [];
  const incoming = new MessageFramer(
    (bytes) => entries.push(bytes.toString('hex')),
    (bytes) => others.push(bytes.toString('hex')),
  );
  for (const chunk of chunks) incoming.take(chunk);
  return { entries, others, isComplete: incoming.isComplete };
}

describe('the messages of a directory server', () => {
  const bytes = Buffer.concat([entry('anna'), done, entry('b'.repeat(300)), done]);
  const expected = {
    entries: [content('anna'), content('b'.repeat(300))].map((bytes) => bytes.toString('hex')),
    others: [done, done].map((bytes) => bytes.toString('hex')),
    isComplete: true,
  };

  it('are the same wherever the network splits them', () => {
    for (let at = 0; at <= bytes.length; at++) {
      expect(receive(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected);
    }
    expect(receive(...Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('are not complete before their last byte', () => {
    for (let at = 1; at < done.length; at++) expect(receive(done.subarray(0, at)).isComplete).toBe(false);
  });

  it.each<[string, Buffer]>([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
    ['a length without an end', Buffer.from([0x30, 0x80, 0x02, 0x01])],
    ['a length of five bytes', Buffer.from([0x30, 0x85, 0, 0, 0, 0, 1])],
    ['a message without an ID', tlv(0x30, tlv(0x04, 'x'))],
    ['an ID longer than its message', Buffer.from([0x30, 0x03, 0x02, 0x7f, 0x01])],
    ['an entry longer than its message', tlv(0x30, tlv(0x02, '\x07'), Buffer.from([0x64, 0x7f]))],
  ])('are refused: %s', (_what, bytes) => {
    expect(() => receive(bytes)).toThrow(/^(bytes that are not an LDAP message|a length that is not valid in LDAP)$/);
  });

  it('are refused by their length before they have arrived, if they would be too long', () => {
    expect(() => receive(Buffer.from([0x30, 0x84, 0x7f, 0, 0, 0]))).toThrow('(2130706438 bytes)');
  });
});
