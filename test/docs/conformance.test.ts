import { describe, expect, it } from 'vitest';
import { idsIn, quotingTests } from '../support/conformance/quoting-tests.js';
import { chapters } from '../support/conformance/requirements.js';

describe('the requirements that test titles quote', () => {
  it('exist', () => {
    const known = new Set([...chapters.values()].flat().map(({ id }) => id));
    const unknown = quotingTests().flatMap(({ file, name, ids }) =>
      ids.filter((id) => !known.has(id)).map((id) => `${id} in "${name}" of ${file}`),
    );
    expect(unknown).toEqual([]);
  });

  it.for([
    ['finds people (LOOK-7)', ['LOOK-7']],
    ['finds people (LOOK-7, EM-1) and more (V1-2)', ['LOOK-7', 'EM-1', 'V1-2']],
    ['finds people (EM-13..15, MS-6)', ['EM-13', 'EM-14', 'EM-15', 'MS-6']],
    ['finds people (RFC 4515), SHA-256, EM-1', []],
  ] as const)('are read out of "%s"', ([name, ids]) => {
    expect(idsIn(name)).toEqual(ids);
  });
});
