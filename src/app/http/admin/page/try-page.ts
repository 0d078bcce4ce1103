import type { AdminService } from '../../../../domain/admin/admin-service.js';
import type { Medium } from '../../../../domain/identifiers/threepid.js';
import { threepidFrom } from '../../../../domain/identifiers/typed-address.js';
import { DomainError } from '../../../../domain/shared/errors.js';
import type { Endpoints } from '../../endpoints.js';
import type { Views } from './views.js';

/** A step of the conversation with a mail server or a gateway. */
export interface TryStep {
  readonly step: string;
  readonly isFine: boolean;
  readonly words: string;
}

/** Sends one test message to an address and returns its steps, by medium. Absent: the medium is not configured. */
export type TryMessage = Readonly<Partial<Record<Medium, (address: string) => Promise<readonly TryStep[]>>>>;

/** Sends a test mail or a test text message. */
export const tryPageEndpoints = (
  views: Views,
  tries: TryMessage,
  adminService: Pick<AdminService, 'note'>,
): Endpoints => {
  const media = { hasMail: tries.email !== undefined, hasTexts: tries.msisdn !== undefined };
  return {
    '/page/try': {
      GET: views.page((visit) => views.show('try', { ...media, asked: '' }, visit)),
      POST: views.form(async (visit, fields) => {
        const typed = fields['address'];
        const asked = typeof typed === 'string' ? typed.trim().slice(0, 300) : '';
        try {
          const threepid = threepidFrom(asked);
          const send = tries[threepid.medium];
          if (!send) return views.show('try', { ...media, asked, missing: threepid.medium }, visit);
          await adminService.note({ action: 'message_tested', threepid }, visit.cause);
          const steps = await send(threepid.address);
          views.show('try', { ...media, asked, steps, isSent: steps.at(-1)?.isFine ?? false }, visit);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          visit.res.status(400);
          views.show('try', { ...media, asked, problem: error.message }, visit);
        }
      }),
    },
  };
};
