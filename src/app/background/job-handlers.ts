import type { JsonObject } from '../../domain/signing/canonical-json.js';
import { DomainError } from '../../domain/shared/errors.js';
import type { InviteService } from '../../domain/invites/invite-service.js';
import { homeserverOf, type Mxid, parseMxid } from '../../domain/identifiers/mxid.js';
import { isServerName } from '../../domain/identifiers/server-name.js';
import { type Threepid, threepid } from '../../domain/identifiers/threepid.js';
import type { BindingService } from '../../domain/bindings/binding-service.js';
import type { Homeservers } from '../../ports/homeservers.js';
import { DeliveryError, type MessageSender } from '../../ports/message-sender.js';
import { PermanentJobError, type JobHandler } from './job-worker.js';

/** What the domain queues, done: homeservers told, invitations mailed. */
export function jobHandlers(
  { inviteService, bindingService }: { readonly inviteService: InviteService; readonly bindingService: BindingService },
  homeservers: Homeservers,
  senders: readonly MessageSender[],
): Readonly<Record<string, JobHandler>> {
  return {
    welcome: async (payload) => {
      const { subject, mxid } = associationIn(payload);
      await inviteService.notifyBound(subject, mxid);
    },

    onbind: async (payload) => {
      const { subject, mxid } = associationIn(payload);
      const homeserver = homeserverOf(mxid);
      if (!isServerName(homeserver)) throw new PermanentJobError('the user is of no valid homeserver');
      const invite = optionalText(payload, 'invite');
      if (invite !== undefined && !(await inviteService.isStillValid(invite, subject, mxid))) {
        throw new PermanentJobError('whom the invitation was for has left; it waits again');
      }
      if (await bindingService.isSuspended(subject, mxid))
        throw new PermanentJobError('the user of the binding has left');
      const association = await bindingService.attest(subject, mxid);
      const body = await inviteService.onBindBody(association, invite);
      if ((await homeservers.onBind(homeserver, body)) === 'refused') {
        throw new PermanentJobError(`the homeserver ${homeserver} refused to be told of a binding`);
      }
    },

    'invite-mail': async (payload) => {
      const sender = senders.find(({ medium }) => medium === 'email');
      if (!sender) throw new PermanentJobError('no mail server is configured');
      try {
        await sender.send(threepid('email', text(payload, 'address')), {
          kind: 'invite',
          link: text(payload, 'link'),
          invite: {
            sender: text(payload, 'sender'),
            senderDisplayName: optionalText(payload, 'senderDisplayName'),
            roomName: optionalText(payload, 'roomName'),
            roomAlias: optionalText(payload, 'roomAlias'),
            roomAvatarUrl: optionalText(payload, 'roomAvatarUrl'),
            roomType: optionalText(payload, 'roomType'),
          },
          preferences: {
            brand: optionalText(payload, 'brand'),
            acceptLanguage: optionalText(payload, 'acceptLanguage'),
          },
        });
      } catch (cause) {
        const isFinal = cause instanceof DomainError || (cause instanceof DeliveryError && cause.isFinal);
        if (isFinal) throw new PermanentJobError('the mail can never be sent', { cause });
        throw cause;
      }
    },
  };
}

function associationIn(payload: JsonObject): { readonly subject: Threepid; readonly mxid: Mxid } {
  const mxid = parseMxid(text(payload, 'mxid'));
  if (!mxid) throw new PermanentJobError('the job names no user');
  return { subject: threepid(text(payload, 'medium'), text(payload, 'address')), mxid };
}

function text(payload: JsonObject, name: string): string {
  const value = payload[name];
  if (typeof value !== 'string') throw new PermanentJobError(`the job has no ${name}`);
  return value;
}

function optionalText(payload: JsonObject, name: string): string | undefined {
  const value = payload[name];
  return typeof value === 'string' ? value : undefined;
}
