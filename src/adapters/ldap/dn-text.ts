import type { Dn } from './library.js';

/** A distinguished name for people to read: letters of all alphabets stand for themselves. RFC 4514. */
export function dnText(dn: Dn): string {
  let text = '';
  for (let index = 0; index < dn.length; index++) {
    const rdn = dn.rdnAt(index);
    let separator = index === 0 ? '' : ',';
    for (const name of rdn.keys()) {
      text += `${separator}${name}=${written(rdn.getValue(name))}`;
      separator = '+';
    }
  }
  return text;
}

function written(value: string | { readonly buffer: Buffer }): string {
  if (typeof value !== 'string') return `#${value.buffer.toString('hex')}`;
  if (!/["+,;<>\\\p{Cc}]/u.test(value)) return value;
  return value
    .replace(/["+,;<>\\]/g, '\\$&')
    .replace(/\p{Cc}/gu, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
