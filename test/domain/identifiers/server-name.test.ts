import { describe, expect, it } from 'vitest';
import { isServerName, parseServerName } from '../../../src/domain/identifiers/server-name.js';
import { vectors } from '../../support/vectors.js';

describe('a server name', () => {
  it.each(vectors.server_names.valid.values)('may be %s (FED-1)', (text) => {
    expect(isServerName(text)).toBe(true);
  });

  it.each(vectors.server_names.invalid.values)('may not be %j', (text) => {
    expect(isServerName(text)).toBe(false);
  });

  it.each([
    ['matrix.org', { host: 'matrix.org', port: undefined, isLiteralAddress: false }],
    ['Matrix.ORG:8888', { host: 'Matrix.ORG', port: 8888, isLiteralAddress: false }],
    ['localhost', { host: 'localhost', port: undefined, isLiteralAddress: false }],
    ['1.2.3.4:1234', { host: '1.2.3.4', port: 1234, isLiteralAddress: true }],
    ['[1234:5678::abcd]:5678', { host: '1234:5678::abcd', port: 5678, isLiteralAddress: true }],
    ['[::ffff:1.2.3.4]', { host: '::ffff:1.2.3.4', port: undefined, isLiteralAddress: true }],
    ['1.example', { host: '1.example', port: undefined, isLiteralAddress: false }],
    [`${'a'.repeat(63)}.org:65535`, { host: `${'a'.repeat(63)}.org`, port: 65_535, isLiteralAddress: false }],
  ])('%s is split into host and port', (text, parts) => {
    expect(parseServerName(text)).toEqual(parts);
  });

  it.each([
    ['port 0', 'matrix.org:0'],
    ['a port above 65535', 'matrix.org:65536'],
    ['a port with a zero before it', 'matrix.org:08448'],
    ['a port that is no number', 'matrix.org:http'],
    ['two ports', 'matrix.org:1:2'],
    ['a path', 'a/b'],
    ['a query', 'x?y'],
    ['a fragment', 'x#y'],
    ['a user', 'x@y'],
    ['a blank', 'matrix .org'],
    ['a line break at its end', 'matrix.org\n'],
    ['an empty label', 'matrix..org'],
    ['a dot at its end', 'matrix.org.'],
    ['a hyphen at the edge of a label', 'matrix-.org'],
    ['an underscore', 'my_matrix.org'],
    ['a label of 64', `${'a'.repeat(64)}.org`],
    ['256 characters', `${'a.'.repeat(127)}ab`],
    ['an address with a part too many', '1.2.3.4.5'],
    ['an address with a part too large', '1.2.3.256'],
    ['an address as one number', '2130706433'],
    ['an address in hex', '0x7f.1'],
    ['an IPv6 address with a zone', '[fe80::1%eth0]'],
    ['an IPv4 address in brackets', '[1.2.3.4]'],
    ['a name in brackets', '[matrix.org]'],
    ['brackets around nothing', '[]'],
  ])('may not have %s', (_case, text) => {
    expect(parseServerName(text)).toBeUndefined();
  });
});
