import { describe, expect, it } from 'vitest';
import { isDestination } from '../../../src/adapters/messaging/sms/destinations.js';

const [german, satellite, inmarsat, premium, freeIntl] = [
  '491701234567',
  '881612345678',
  '870773123456',
  '19002345678',
  '979123456789',
];

describe('isDestination', () => {
  it.each([
    ['numbers of countries', german, {}, true],
    ['satellite phones', satellite, {}, false],
    ['satellite phones', inmarsat, { default: 'allow' }, false],
    ['international networks', '88213123456', { default: 'allow' }, false],
    ['personal numbers', '878101234567890', {}, false],
    ['premium rate numbers', premium, { default: 'allow', 1: 'allow' }, false],
    ['premium rate numbers of Germany', '499001234567', { 49: 'allow' }, false],
    ['shared cost numbers', '491805123456', { 49: 'allow' }, false],
    ['international premium rate numbers', freeIntl, {}, false],
  ] as const)('rejects %s unless they are allowed by name: %s with %j is %s', (_case, digits, rules, expected) => {
    expect(isDestination(digits, rules)).toBe(expected);
  });

  it.each([
    ['satellite phones by their name', satellite, { satellite: 'allow' }, true],
    ['satellite phones by a calling code', satellite, { 881: 'allow', default: 'reject' }, true],
    ['satellite phones by a network', satellite, { 8816: 'allow' }, true],
    ['satellite phones only of another network', satellite, { 8818: 'allow' }, false],
    ['satellite phones except one network', satellite, { satellite: 'allow', 8816: 'reject' }, false],
    ['numbers by their first digit', satellite, { 8: 'allow' }, false],
    ['premium rate numbers by their name', premium, { premium: 'allow' }, true],
    ['premium rate numbers without their country', premium, { premium: 'allow', default: 'reject' }, false],
  ] as const)('checks rules that allow %s', (_case, digits, rules, expected) => {
    expect(isDestination(digits, rules)).toBe(expected);
  });
});
