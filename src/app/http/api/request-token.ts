import { z } from 'zod';
import { DomainError } from '../../../domain/shared/errors.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import { internationalFormat, isRegion, readPhoneNumber } from '../../../domain/identifiers/phone-number.js';
import type { ValidationService } from '../../../domain/validation/validation-service.js';
import { mailbox } from '../../../domain/identifiers/mailbox.js';
import { msisdn } from '../../../domain/identifiers/threepid.js';
import { read } from '../request/body.js';
import type { PlainRequest } from '../request/plain-request.js';
import { sendJson } from '../send-json.js';
import type { AskerOf } from '../request/client-address.js';
import type { ApiVersion } from '../request/api-version.js';
import type { Endpoints } from '../endpoints.js';
import { nextLink, opaqueId, sendAttempt } from '../request/fields.js';
import { type Pages, preferencesOf } from '../pages.js';

const Attempt = { client_secret: opaqueId, send_attempt: sendAttempt, next_link: nextLink };
const EmailBody = z.object({ email: z.string(), ...Attempt });
/** Element Web omits the country if the number begins with a plus. */
const PhoneBody = z.object({ country: z.string().nullish(), phone_number: z.string(), ...Attempt });

const NO_COUNTRY =
  'The phone number needs a country (two letters such as GB), or must begin with + and its calling code';

/** Spec: "Establishing associations", the two requestToken endpoints. */
export function requestTokenEndpoints(
  validationService: ValidationService,
  apiVersion: ApiVersion,
  askerOf: AskerOf,
  pages: Pages,
  nextLinkHosts: readonly string[],
): Endpoints {
  const asked = (req: PlainRequest, user: Mxid | undefined, attempt: z.output<z.ZodObject<typeof Attempt>>) => ({
    clientSecret: attempt.client_secret,
    sendAttempt: attempt.send_attempt,
    nextLink:
      attempt.next_link !== undefined && leadsTo(nextLinkHosts, attempt.next_link) ? attempt.next_link : undefined,
    ...askerOf(req, user),
    preferences: preferencesOf(pages, req, user),
  });

  return {
    '/validate/email/requestToken': {
      isPlain: true,
      async POST(req, res) {
        const user = await apiVersion.authenticate(req);
        const body = read(EmailBody, apiVersion.body(req));
        const sid = await validationService.requestToken({ threepid: mailbox(body.email), ...asked(req, user, body) });
        // Clients of v1 expect `success`, as earlier versions of Sydent sent it.
        sendJson(res, { sid, ...(user === undefined && { success: true }) });
      },
    },
    '/validate/msisdn/requestToken': {
      isPlain: true,
      async POST(req, res) {
        const user = await apiVersion.authenticate(req);
        const body = read(PhoneBody, apiVersion.body(req));
        const { digits, callingCode } = phoneNumberOf(body.phone_number, body.country);
        const threepid = msisdn(digits);
        const sid = await validationService.requestToken({ threepid, callingCode, ...asked(req, user, body) });
        sendJson(res, { sid, success: true, msisdn: digits, intl_fmt: internationalFormat(digits) });
      },
    },
  };
}

function phoneNumberOf(text: string, country: string | null | undefined) {
  const code = country?.toUpperCase() ?? '';
  const region = isRegion(code) ? code : undefined;
  const number = readPhoneNumber(text, region);
  if (number) return number;
  throw new DomainError('invalid_address', region ? {} : { message: NO_COUNTRY });
}

/** Whether a link leads to one of these hosts. Other links are ignored: a trusted mail must not lead to other sites. */
const leadsTo = (hosts: readonly string[], link: string): boolean => hosts.includes(new URL(link).host.toLowerCase());
