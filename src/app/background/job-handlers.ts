import type { BindingService } from '../../domain/bindings/binding-service.js';
import { homeserverOf } from '../../domain/identifiers/mxid.js';
import { isServerName } from '../../domain/identifiers/server-name.js';
import { type Threepid, threepid } from '../../domain/identifiers/threepid.js';
import { type InviteMail, readMailPayload } from '../../domain/invites/invite-mail.js';
import type { InviteService } from '../../domain/invites/invite-service.js';
import type { JobPayloads } from '../../domain/jobs/job.js';
import { DomainError } from '../../domain/shared/errors.js';
import type { Homeservers } from '../../ports/homeservers.js';
import { DeliveryError, type MessageSender } from '../../ports/message-sender.js';
import { DestinationDownError, type JobHandler, type JobHandlers, PermanentJobError } from './job-handler.js';
import { errorText } from '../../domain/shared/error-text.js';

interface Services {
  readonly inviteService: InviteService;
  readonly bindingService: BindingService;
}

/** Handlers for the jobs that the domain queues: notify homeservers, send invitation mails. */
export const jobHandlers = (
  services: Services,
  homeservers: Homeservers,
  senders: readonly MessageSender[],
): JobHandlers => ({
  'notify-bound': {
    run: ({ medium, address, mxid }) => services.inviteService.notifyBound(threepid(medium, address), mxid),
  },
  onbind: onBindHandler(services, homeservers),
  'invite-mail': mailHandler(services, senders),
  'invite-digest': digestHandler(services, senders),
});

const onBindHandler = (
  { inviteService, bindingService }: Services,
  homeservers: Homeservers,
): JobHandler<'onbind'> => ({
  async run({ medium, address, mxid, invite }, attempts) {
    const subject = threepid(medium, address);
    const token = invite ?? undefined;
    const homeserver = homeserverOf(mxid);
    if (!isServerName(homeserver)) throw new PermanentJobError('the homeserver in the user ID is not valid');
    if (token !== undefined && !(await inviteService.isStillValid(token, subject, mxid))) {
      throw new PermanentJobError('the invited user has left the directory; the invitation waits again');
    }
    if (token !== undefined && (await inviteService.isConfirmed(token))) return;
    if (await bindingService.isSuspended(subject, mxid))
      throw new PermanentJobError('the user of the binding has left the directory');
    const association = await bindingService.attest(subject, mxid);
    const body = await inviteService.onBindBody(association, token);
    const answer = await homeservers.onBind(homeserver, body, attempts).catch((cause: unknown) => {
      throw new DestinationDownError(
        `the homeserver ${homeserver} could not be notified of a binding: ${errorText(cause)}`,
        {
          cause,
        },
      );
    });
    switch (answer.kind) {
      case 'delivered':
        if (token !== undefined) await inviteService.confirm(token);
        return;
      case 'not_yet':
        if (token !== undefined && answer.isForbidden && (await inviteService.settleRestored(token, answer.reason))) {
          throw new PermanentJobError(`the homeserver ${homeserver} had the invitation before the restore`);
        }
        throw new Error(
          `the homeserver ${homeserver} does not accept the notification of a binding yet: ${answer.reason}`,
        );
      case 'refused':
        if (token !== undefined) await inviteService.markRefused(token, answer.reason);
        throw new PermanentJobError(
          `the homeserver ${homeserver} refused the notification of a binding: ${answer.reason}`,
        );
    }
  },

  async giveUp({ invite }, reason) {
    if (invite !== null) await inviteService.waitAgain(invite, reason);
  },
});

const mailHandler = ({ inviteService }: Services, senders: readonly MessageSender[]): JobHandler<'invite-mail'> => ({
  async run(payload) {
    const mail = readMailPayload({ ...payload });
    if (!mail) throw new PermanentJobError('the job contains no mail');
    const note = (reason: string) => noteUnmailed(inviteService, payload, reason);
    await sendInvite(threepid('email', payload.address), senders, [mail], note);
  },

  giveUp: (payload, reason) => noteUnmailed(inviteService, payload, reason),
});

async function noteUnmailed(
  inviteService: InviteService,
  { token }: JobPayloads['invite-mail'],
  reason: string,
): Promise<void> {
  // Jobs that an older version queued do not contain their tokens.
  if (typeof token === 'string') await inviteService.noteUnmailed([token], reason);
}

const digestHandler = (
  { inviteService }: Services,
  senders: readonly MessageSender[],
): JobHandler<'invite-digest'> => ({
  async run({ address }) {
    const subject = threepid('email', address);
    const pending = await inviteService.pendingMails(subject);
    // An earlier mail contained all of them, or they were delivered.
    if (pending.length === 0) return;
    const tokens = pending.map(({ token }) => token);
    const note = (reason: string) => inviteService.noteUnmailed(tokens, reason);
    await sendInvite(
      subject,
      senders,
      pending.map(({ mail }) => mail),
      note,
    );
    await inviteService.noteMailed(subject, tokens);
  },

  async giveUp({ address }, reason) {
    const pending = await inviteService.pendingMails(threepid('email', address));
    await inviteService.noteUnmailed(
      pending.map(({ token }) => token),
      reason,
    );
  },
});

/** Sends one mail for all of these invitations. @param note called with the reason if the mail server refuses this mail permanently */
async function sendInvite(
  to: Threepid,
  senders: readonly MessageSender[],
  [mail, ...others]: readonly InviteMail[],
  note: (reason: string) => Promise<void>,
): Promise<void> {
  if (!mail) return;
  const id = [mail, ...others].map(({ link }) => link).join(' ');
  const sender = senders.find(({ medium }) => medium === 'email');
  if (!sender) {
    await note('no mail server is configured');
    throw new PermanentJobError('no mail server is configured');
  }
  try {
    await sender.send(to, { kind: 'invite', id, ...mail, ...(others.length > 0 && { others }) });
  } catch (cause) {
    const isFinal = cause instanceof DomainError || (cause instanceof DeliveryError && cause.isFinal);
    if (isFinal) {
      await note(errorText(cause));
      throw new PermanentJobError('the mail server refuses this mail permanently', { cause });
    }
    if (cause instanceof DeliveryError && !cause.isAnswer) throw new DestinationDownError(cause.message, { cause });
    throw cause;
  }
}
