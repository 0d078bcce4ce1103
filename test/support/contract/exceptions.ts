/**
 * Responses of Islet that the specification's OpenAPI data does not declare, with the reasons. There are no other
 * exceptions. All of these responses are standard errors.
 */
export interface Exception {
  readonly status: number;
  /** The endpoints to which the exception is limited, as method and path below `/_matrix/identity`; absent for all. */
  readonly only?: readonly string[];
  readonly errcodes: readonly string[];
  readonly because: string;
}

const submitToken = ['POST /v2/validate/email/submitToken', 'POST /v2/validate/msisdn/submitToken'];

export const exceptions: readonly Exception[] = [
  {
    status: 400,
    errcodes: ['M_NOT_JSON', 'M_BAD_JSON', 'M_MISSING_PARAMS', 'M_INVALID_PARAM', 'M_UNKNOWN'],
    because: 'requests that are no requests have standard errors everywhere, declared or not',
  },
  {
    status: 401,
    errcodes: ['M_UNAUTHORIZED'],
    because: 'the prose demands it of every authenticated endpoint; the data declares it for logout alone',
  },
  {
    status: 403,
    only: ['GET /v2/hash_details', 'POST /v2/lookup', 'POST /v2/terms'],
    errcodes: ['M_TERMS_NOT_SIGNED'],
    because: 'the prose lets every authenticated endpoint ask for the terms; the data leaves these out',
  },
  {
    status: 403,
    only: ['POST /v2/account/register'],
    errcodes: ['M_FORBIDDEN'],
    because: 'the data has no errors for register; a homeserver may not be welcome',
  },
  {
    status: 404,
    only: submitToken,
    errcodes: ['M_NO_VALID_SESSION'],
    because: 'the data forgets unknown sessions; the code is in the list of standard errors',
  },
  {
    status: 405,
    errcodes: ['M_UNRECOGNIZED'],
    because: 'the prose on unsupported endpoints; the data does not declare it',
  },
  { status: 413, errcodes: ['M_TOO_LARGE'], because: 'the client-server API’s answer to bodies that are too long' },
  { status: 415, errcodes: ['M_UNKNOWN'], because: 'encodings of HTTP that are not understood' },
  {
    status: 429,
    errcodes: ['M_LIMIT_EXCEEDED'],
    because: 'the client-server API’s rate limiting; the data has none',
  },
  { status: 500, errcodes: ['M_UNKNOWN'], because: 'faults of our own; the data has none' },
  {
    status: 502,
    only: ['POST /v2/account/register', 'POST /v2/3pid/unbind'],
    errcodes: ['M_UNKNOWN'],
    because: 'the homeserver does not answer',
  },
  { status: 503, errcodes: ['M_UNKNOWN'], because: 'a directory that must be asked does not answer' },
];
