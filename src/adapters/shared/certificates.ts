import { X509Certificate } from 'node:crypto';

/**
 * The certificates of a PEM text in their order; empty if it contains none.
 *
 * @param before prefix for error messages
 * @throws Error `certificate 2 cannot be read`
 */
export function certificatesIn(pem: string, before = ''): readonly X509Certificate[] {
  const found = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? [];
  return found.map((text, index) => {
    try {
      return new X509Certificate(text);
    } catch (cause) {
      throw new Error(`${before}certificate ${index + 1} cannot be read`, { cause });
    }
  });
}
