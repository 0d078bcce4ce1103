import fc from 'fast-check';

/**
 * Texts of any characters. The unit `binary` of fast-check gives the same, but makes a table of all characters first,
 * which takes longer than the tests.
 */
export const anyText = (maxLength: number) =>
  fc.string({ unit: fc.nat(0x10ffff).map((point) => String.fromCodePoint(point).toWellFormed()), maxLength });
