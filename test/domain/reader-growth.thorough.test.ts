import { describe, expect, it } from 'vitest';
import { clientKey } from '../../src/app/http/request/client-address.js';
import { hostIn } from '../../src/app/http/request/v1-access.js';
import { foldCase, lowerCase } from '../../src/domain/identifiers/case-folding.js';
import {
  bindingKey,
  mailAddress,
  mailbox,
  mailboxKey,
  mailboxSpellings,
} from '../../src/domain/identifiers/mailbox.js';
import { readMxid } from '../../src/domain/identifiers/mxid-uri.js';
import { isRoomId, localpartOf, parseMxid } from '../../src/domain/identifiers/mxid.js';
import { readPhoneNumber } from '../../src/domain/identifiers/phone-number.js';
import { parseServerName } from '../../src/domain/identifiers/server-name.js';
import { searchSpellings, spellingsOf } from '../../src/domain/identifiers/spellings.js';
import { redact, type Threepid, tryThreepid } from '../../src/domain/identifiers/threepid.js';
import { threepidFrom } from '../../src/domain/identifiers/typed-address.js';
import { inviteLink } from '../../src/domain/invites/invite-link.js';
import { namesProxies, routeIn, viaText } from '../../src/domain/lookup/via-header.js';
import { DomainError } from '../../src/domain/shared/errors.js';
import { escapeFinished, escapeUnprintable, printableJson } from '../../src/domain/shared/printable.js';
import { trimSlashes } from '../../src/domain/shared/trim-slashes.js';
import { fromBase64 } from '../../src/domain/signing/base64.js';
import { canonicalJson } from '../../src/domain/signing/canonical-json.js';
import { parseXMatrix } from '../../src/domain/signing/x-matrix-header.js';
import { isOpaqueId } from '../../src/domain/validation/validation-session.js';

const asEmail = (address: string): Threepid => ({ medium: 'email', address });

/** With an allowed web client, so that the URL of the homeserver is compared. */
const linkWith = (wanted: string) => {
  const invite = { token: 't', threepid: asEmail('a@example.org'), roomId: '!r:example.org' } as never;
  const options = {
    publicUrl: 'https://id.example.org',
    webClient: 'https://a.example',
    allowedWebClients: ['https://b.example'],
  };
  return inviteLink(invite, 'key', { sender: '@a:example.org' } as never, wanted, options);
};

/** All functions that read untrusted text, without the length limits that come before them. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  tryThreepid: (text) => [tryThreepid('email', text), tryThreepid('msisdn', text)],
  mailbox,
  mailAddress,
  mailboxKey: (text) => mailboxKey(asEmail(text)),
  bindingKey: (text) => bindingKey(asEmail(text)),
  mailboxSpellings: (text) => mailboxSpellings(tryThreepid('email', text) ?? asEmail('a@example.org')),
  spellingsOf: (text) => spellingsOf(tryThreepid('email', text) ?? asEmail('a@example.org')),
  searchSpellings: (text) => searchSpellings(tryThreepid('email', text) ?? asEmail('a@example.org')),
  redact: (text) => redact(asEmail(text)),
  readPhoneNumber: (text) => [readPhoneNumber(text), readPhoneNumber(text, 'DE')],
  threepidFrom,
  parseMxid,
  readMxid,
  isRoomId,
  localpartOf,
  parseServerName,
  foldCase: (text) => [foldCase(text), lowerCase(text)],
  inviteLink: linkWith,
  trimSlashes,
  route: (text) => [routeIn(text), namesProxies(text), viaText(routeIn(text))],
  parseXMatrix: (text) => [parseXMatrix(text), parseXMatrix(`X-Matrix ${text}`)],
  fromBase64,
  isOpaqueId,
  canonicalJson: (text) => canonicalJson({ [text]: text, b: [text] }),
  escaping: (text) => [escapeUnprintable(text), escapeFinished(text), printableJson(text)],
  clientKey,
  hostIn,
};

/** Texts that are slow to match for regular expressions with backtracking, each with text before and after it. */
const units = [
  '(',
  '/',
  ' ',
  '.',
  '@',
  '%',
  '1',
  '1(',
  '=',
  ',',
  ':',
  '\\',
  '"',
  'ß',
  'é',
  '\u0301',
  '\u001b[',
  '+1 ',
  'a=b,',
  'xn--',
  ', 1.1 a (Islet ',
];
const shapes = units.map(
  (unit) => [unit, (length: number) => `1${unit.repeat(Math.ceil(length / unit.length))}x`] as const,
);

const SIZES = [1_000, 4_000, 16_000, 64_000];
/** Four times the text takes about four times the time; quadratic work takes sixteen times. */
const MOST = 10;
/** A shorter time cannot be compared. */
const NOTICEABLE_MS = 8;
const TRIES = 6;

/** The processor time of one call: other programs on the machine do not count. */
function costMs(read: (text: string) => unknown, text: string): number {
  const since = process.cpuUsage();
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

const least = (read: (text: string) => unknown, text: string, tries: number): number =>
  Math.min(...Array.from({ length: tries }, () => costMs(read, text)));

/** Whether the cost of a text that is four times as long is far more than four times as high, in each attempt. */
function isTooSteep(read: (text: string) => unknown, of: (length: number) => string): string | undefined {
  for (const [at, size] of SIZES.entries()) {
    const shorter = SIZES[at - 1];
    if (shorter === undefined || least(read, of(size), 1) < NOTICEABLE_MS) continue;
    const [low, high] = [least(read, of(shorter), TRIES), least(read, of(size), TRIES)];
    if (high >= NOTICEABLE_MS && high > MOST * Math.max(low, 0.5))
      return `${low} ms at ${shorter}, ${high} ms at ${size}`;
  }
  return undefined;
}

describe('the time to read untrusted text grows no faster than the text', () => {
  it.each(Object.entries(readers))('in %s', { timeout: 120_000 }, (_name, read) => {
    const found = shapes.flatMap(([unit, of]) => {
      const steep = isTooSteep(read, of);
      return steep === undefined ? [] : `${JSON.stringify(unit)}: ${steep}`;
    });
    expect(found).toEqual([]);
  });

  it('the measurement notices a reader of quadratic time', () => {
    // An expression that was once used to remove trailing slashes.
    expect(
      isTooSteep(
        (text) => text.replace(/\/+$/, ''),
        (length) => `${'/'.repeat(length)}x`,
      ),
    ).toMatch(/ms at/);
  });
});
