import { describe, expect, it } from 'vitest';
import { parseXMatrix } from '../../../src/domain/signing/x-matrix-header.js';
import { vectors } from '../../support/vectors.js';

describe('parseXMatrix (FED-7)', () => {
  it.each(vectors.x_matrix.header_parsing.vectors.map(({ header, parsed }) => [header, parsed] as const))(
    'parses %j',
    (header, parsed) => {
      expect(parseXMatrix(header)).toEqual(parsed === null ? undefined : { destination: undefined, ...parsed });
    },
  );

  it('reads quotation marks and backslashes that are escaped', () => {
    expect(parseXMatrix(String.raw`X-Matrix origin="a\"b\\c",key="k",sig="s"`)?.origin).toBe(String.raw`a"b\c`);
  });

  it.each([
    ['a parameter twice', 'X-Matrix origin="a",origin="b",key="k",sig="s"'],
    ['a quote that does not end', 'X-Matrix origin="a",key="k",sig="s'],
    ['no value', 'X-Matrix origin=,key="k",sig="s"'],
    ['no comma', 'X-Matrix origin="a" key="k" sig="s"'],
    ['no signature', 'X-Matrix origin="a",key="k"'],
    ['an empty origin', 'X-Matrix origin="",key="k",sig="s"'],
    ['a longer scheme', 'X-Matrixx origin="a",key="k",sig="s"'],
  ])('rejects a header with %s', (_case, header) => {
    expect(parseXMatrix(header)).toBeUndefined();
  });

  it('reads a long hostile header quickly', () => {
    const header = `X-Matrix origin="${'\\'.repeat(8_000)}`;
    expect(parseXMatrix(header)).toBeUndefined();
  });
});
