import type { AdminService, ListedInvite } from '../../../../domain/admin/admin-service.js';
import { operationsByText } from '../../../../domain/admin/text-admin-service.js';
import type { InviteService } from '../../../../domain/invites/invite-service.js';
import { readMxid } from '../../../../domain/identifiers/mxid-uri.js';
import { mailboxKey } from '../../../../domain/identifiers/mailbox.js';
import type { Threepid } from '../../../../domain/identifiers/threepid.js';
import { threepidFrom } from '../../../../domain/identifiers/typed-address.js';
import { DomainError } from '../../../../domain/shared/errors.js';
import type { Endpoints } from '../../endpoints.js';
import { type Parameters, queryOf } from '../../request/query.js';
import { goTo, type Question, type Views, type Visit } from './views.js';

export interface PeopleDependencies {
  readonly adminService: AdminService;
  readonly inviteService: InviteService;
}

const MOST_SHOWN = 200;
const MOST_HISTORY = 30;
const PATH = '/page/people';

/** The stored data of a user or an address, and operations on it. */
export const peopleEndpoints = (views: Views, { adminService, inviteService }: PeopleDependencies): Endpoints => {
  /** Asks for confirmation of a change. @returns whether it was given */
  const isConfirmed = (visit: Visit, fields: Parameters, question: string, named: Readonly<Record<string, string>>) => {
    const facts = Object.entries(named).map(([name, value]) => ({ name: `fact_${name}`, value }));
    const asked: Question = {
      question: `ask_${question}`,
      facts,
      action: `${PATH}/${question}`,
      fields: { ...named, who: textIn(fields, 'who') },
      back: backTo(fields),
    };
    return views.isConfirmed(fields, visit, asked);
  };
  return {
    [PATH]: {
      GET: views.page(async (visit) => {
        const { who } = queryOf(visit.req);
        const asked = typeof who === 'string' ? who.trim().slice(0, 300) : '';
        try {
          views.show('people', { asked, ...(await found(adminService, asked, visit)) }, visit);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          visit.res.status(400);
          views.show('people', { asked, problem: error.message }, visit);
        }
      }),
    },
    [`${PATH}/unbind`]: {
      POST: views.form(async (visit, fields) => {
        const [address, mxid] = [textIn(fields, 'address'), textIn(fields, 'mxid')];
        if (!isConfirmed(visit, fields, 'unbind', { address, mxid })) return;
        const isFound = await operationsByText(adminService, visit.cause).unbind(address, mxid);
        goTo(visit.res, backTo(fields), isFound ? 'unbound' : 'not_found');
      }),
    },
    [`${PATH}/revoke`]: {
      POST: views.form(async (visit, fields) => {
        const [token, address] = [textIn(fields, 'token'), textIn(fields, 'address')];
        if (!isConfirmed(visit, fields, 'revoke', { token, address })) return;
        const isFound = await operationsByText(adminService, visit.cause).revokeInvite(token);
        goTo(visit.res, backTo(fields), isFound ? 'revoked' : 'not_found');
      }),
    },
    [`${PATH}/deliver`]: {
      POST: views.form(async (visit, fields) => {
        const address = textIn(fields, 'address');
        const threepid = threepidFrom(address);
        if (!isConfirmed(visit, fields, 'deliver', { address })) return;
        await adminService.note({ action: 'delivery_requested', threepid }, visit.cause);
        await inviteService.deliverKnown([threepid]);
        goTo(visit.res, backTo(fields), 'delivery');
      }),
    },
    [`${PATH}/end`]: {
      POST: views.form(async (visit, fields) => {
        const mxid = textIn(fields, 'mxid');
        if (!isConfirmed(visit, fields, 'end', { mxid })) return;
        const count = await operationsByText(adminService, visit.cause).endSignIns(mxid);
        goTo(visit.res, backTo(fields), count > 0 ? 'tokens_ended' : 'not_found');
      }),
    },
  };
};

/** Everything about a user or an address; without one, all suspended bindings. */
async function found(adminService: AdminService, asked: string, { cause }: Visit) {
  const operations = operationsByText(adminService, cause);
  const invites = await adminService.invites();
  if (asked === '') {
    const bindings = await operations.bindings(undefined, { onlySuspended: true });
    return cut({
      bindings: bindings.map(bindingOf),
      invites: invites.filter(({ suspended }) => suspended).map(inviteOf),
    });
  }
  const mxid =
    asked.startsWith('@') || /^(?:matrix:|https:\/\/matrix\.to\/)/i.test(asked) ? readMxid(asked) : undefined;
  const subject = mxid ?? asked;
  const bindings = (await operations.bindings(subject, { onlySuspended: false })).map(bindingOf);
  const threepid = mxid === undefined ? threepidFrom(asked) : undefined;
  const isMeant = (invite: ListedInvite) =>
    threepid ? mailboxKey(invite.threepid) === mailboxKey(threepid) : invite.sender === mxid;
  const tokens = mxid === undefined ? [] : await operations.signIns(mxid);
  const history = (await operations.audit(subject, undefined)).slice(-MOST_HISTORY).reverse();
  return cut({ mxid, bindings, invites: invites.filter(isMeant).map(inviteOf), tokens, history });
}

interface Found {
  readonly bindings: readonly unknown[];
  readonly invites: readonly unknown[];
}

const cut = <T extends Found>(all: T) => ({
  ...all,
  bindings: all.bindings.slice(0, MOST_SHOWN),
  invites: all.invites.slice(0, MOST_SHOWN),
  rest: Math.max(0, all.bindings.length - MOST_SHOWN) + Math.max(0, all.invites.length - MOST_SHOWN),
});

const shown = ({ medium, address }: Threepid): string => (medium === 'msisdn' ? `+${address}` : address);

const bindingOf = <T extends { readonly threepid: Threepid }>(binding: T) => ({
  ...binding,
  shown: shown(binding.threepid),
});

const inviteOf = (invite: ListedInvite) => {
  const { deliveredAt, confirmedAt, failure } = invite;
  const state =
    confirmedAt !== undefined
      ? 'confirmed'
      : deliveredAt === undefined
        ? 'waiting'
        : failure === undefined
          ? 'delivered'
          : 'refused';
  return { ...invite, shown: shown(invite.threepid), state };
};

const textIn = (fields: Parameters, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' ? value.slice(0, 300) : '';
};

const backTo = (fields: Parameters): string => {
  const subject = textIn(fields, 'who');
  return subject === '' ? PATH : `${PATH}?who=${encodeURIComponent(subject)}`;
};
