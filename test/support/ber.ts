/** A BER element. X.690, 8.1. */
export function tlv(tag: number, ...contents: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(contents.map((part) => Buffer.from(part)));
  const { length } = content;
  const size =
    length < 0x80 ? [length] : [0x84, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

type Values = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;

/** The content of a `SearchResultEntry`. RFC 4511, 4.5.2. */
export const searchResultEntry = (dn: string, values: Values): Buffer =>
  Buffer.concat([
    tlv(0x04, dn),
    tlv(
      0x30,
      ...Object.entries(values).map(([type, list]) =>
        tlv(0x30, tlv(0x04, type), tlv(0x31, ...[list].flat().map((value) => tlv(0x04, value)))),
      ),
    ),
  ]);
