import type { JsonObject } from '../domain/canonical-json.js';
import { Refused } from '../domain/errors.js';
import type { Invites } from '../domain/invites.js';
import { homeserverOf, type Mxid, parseMxid } from '../domain/mxid.js';
import { isServerName } from '../domain/server-name.js';
import { type Threepid, threepid } from '../domain/threepid.js';
import type { Bindings } from '../domain/bindings.js';
import type { Homeservers } from '../ports/homeservers.js';
import { SendFailed, type Sender } from '../ports/sender.js';
import { HopelessJob, type JobHandler } from './job-runner.js';

/** What the domain queues, done: homeservers told, invitations mailed. */
export function jobHandlers(
  { invites, bindings }: { readonly invites: Invites; readonly bindings: Bindings },
  homeservers: Homeservers,
  senders: readonly Sender[],
): Readonly<Record<string, JobHandler>> {
  return {
    welcome: async (payload) => {
      const { subject, mxid } = associationIn(payload);
      await invites.welcome(subject, mxid);
    },

    onbind: async (payload) => {
      const { subject, mxid } = associationIn(payload);
      const homeserver = homeserverOf(mxid);
      if (!isServerName(homeserver)) throw new HopelessJob('the user is of no valid homeserver');
      const invite = optionalText(payload, 'invite');
      if (invite !== undefined && !(await invites.isStillFor(invite, subject, mxid))) {
        throw new HopelessJob('whom the invitation was for has left; it waits again');
      }
      if (await bindings.isSuspended(subject, mxid)) throw new HopelessJob('the user of the binding has left');
      const association = await bindings.attest(subject, mxid);
      const body = await invites.onBindBody(association, invite);
      if ((await homeservers.onBind(homeserver, body)) === 'refused') {
        throw new HopelessJob(`the homeserver ${homeserver} refused to be told of a binding`);
      }
    },

    'invite-mail': async (payload) => {
      const sender = senders.find(({ medium }) => medium === 'email');
      if (!sender) throw new HopelessJob('no mail server is configured');
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
        const isFinal = cause instanceof Refused || (cause instanceof SendFailed && cause.isFinal);
        if (isFinal) throw new HopelessJob('the mail can never be sent', { cause });
        throw cause;
      }
    },
  };
}

function associationIn(payload: JsonObject): { readonly subject: Threepid; readonly mxid: Mxid } {
  const mxid = parseMxid(text(payload, 'mxid'));
  if (!mxid) throw new HopelessJob('the job names no user');
  return { subject: threepid(text(payload, 'medium'), text(payload, 'address')), mxid };
}

function text(payload: JsonObject, name: string): string {
  const value = payload[name];
  if (typeof value !== 'string') throw new HopelessJob(`the job has no ${name}`);
  return value;
}

function optionalText(payload: JsonObject, name: string): string | undefined {
  const value = payload[name];
  return typeof value === 'string' ? value : undefined;
}
