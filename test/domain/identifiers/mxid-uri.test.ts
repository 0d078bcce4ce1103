import { expect, it } from 'vitest';
import { readMxid } from '../../../src/domain/identifiers/mxid-uri.js';

it.each([
  ['@carl:example.org', '@carl:example.org'],
  [' @carl:example.org ', '@carl:example.org'],
  ['matrix:u/anna:example.org', '@anna:example.org'],
  ['matrix:user/anna:example.org', '@anna:example.org'],
  ['MATRIX:U/anna:example.org?action=chat', '@anna:example.org'],
  ['matrix:u/anna%3Aexample.org', '@anna:example.org'],
  ['matrix://example.org/u/b%3dc:example.org:8448', '@b=c:example.org:8448'],
  ['matrix:u/anna/emea.example.org:example.org', '@anna/emea.example.org:example.org'],
  ['https://matrix.to/#/@carl:example.org', '@carl:example.org'],
  ['matrix.to/#/%40carl%3Aexample.org?via=example.org', '@carl:example.org'],
])('the text %s names a user', (text, mxid) => {
  expect(readMxid(text)).toBe(mxid);
});

it.each([
  'matrix:r/room:example.org',
  'matrix:roomid/room:example.org',
  'https://matrix.to/#/#room:example.org',
  'https://matrix.to/#/!room:example.org',
  'https://example.org/#/@carl:example.org',
  'matrix:u/anna',
  'matrix:u/%zz:example.org',
  'anna:example.org',
  '',
])('the text %j does not name a user', (text) => {
  expect(readMxid(text)).toBeUndefined();
});
