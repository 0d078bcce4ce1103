/** What the codes of Node and OpenSSL mean, said of a hop. */
export const connectionReasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'name is not known',
  EAI_AGAIN: 'name cannot be resolved at the moment',
  ECONNREFUSED: 'refuses connections',
  EHOSTUNREACH: 'is unreachable',
  ENETUNREACH: 'is unreachable',
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate is for another name',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate is not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate is not trusted',
};
