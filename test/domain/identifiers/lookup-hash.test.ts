import { describe, expect, it } from 'vitest';
import { isPepper, lookupHash, lookupHashes } from '../../../src/domain/identifiers/lookup-hash.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { vectors } from '../../support/vectors.js';

describe('the lookup hash', () => {
  it.each(vectors.lookup_hash.vectors)(
    'of $address with $pepper is $hash (LOOK-4)',
    ({ hash, pepper, ...threepid }) => {
      expect(lookupHash(threepid, pepper)).toBe(hash);
    },
  );

  it.each([
    [msisdn('492215551234'), 'ZvqbCM3H4_hrWtg-QgcwGHhIUWPSOHVEzvBhd0-ejoI'],
    [email('edison@nord.example.org'), '2ELCNz0fBgw22WH7MCYDXd-0LUSF4yfd1D2O5PVLMeM'],
    [email('juergen.gross@example.org'), 'eVGT0bkIDU-ld1BCu8ALPSJA3BDurWdwfgwIW40ly9k'],
  ])('of %o is %s', (threepid, hash) => {
    expect(lookupHashes(threepid, 'matrixrocks')).toEqual([hash]);
  });

  it('of an address that clients spell in two ways is two hashes (LOOK-13)', () => {
    const [folded, lowered] = ['strauss@example.com', 'strauß@example.com'].map((address) =>
      lookupHash({ medium: 'email', address }, 'matrixrocks'),
    );
    expect(lookupHashes(email('Strauß@Example.com'), 'matrixrocks')).toEqual([folded, lowered]);
    expect(lookupHashes(email('STRAUSS@example.com'), 'matrixrocks')).toEqual([folded]);
  });
});

describe('a pepper', () => {
  it.each(['matrixrocks', 'A', '0', 'aZ09'.repeat(64)])('may be %s (LOOK-2)', (text) => {
    expect(isPepper(text)).toBe(true);
  });

  it.each(['', ' ', 'a b', 'a-b', 'ä', 'a\n', '\na', 'a=', 'a_'])('may not be %j', (text) => {
    expect(isPepper(text)).toBe(false);
  });
});
