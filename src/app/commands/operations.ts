import type { Binding } from '../../domain/associations/binding.js';
import type { Suspension } from '../../domain/associations/binding.js';
import type { InviteDelivery, ListedInvite } from '../../domain/admin/admin-service.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { OperationsByText } from '../../domain/admin/text-admin-service.js';
import type { TerminalStyle } from './terminal-style.js';
import { printable, printableJson } from '../../domain/shared/printable.js';

export interface Output {
  readonly isJson: boolean;
  readonly style: TerminalStyle;
  readonly print: (text: string) => void;
}

/** Shows every invitation. @returns the exit code */
export async function listInvites(access: OperationsByText, { isJson, style, print }: Output): Promise<number> {
  const invites = await access.invites();
  if (isJson) print(printableJson(invites));
  else if (invites.length === 0) print('There are no invitations.');
  else for (const invite of printable(invites)) print(inviteText(invite, style));
  return 0;
}

/** Revokes an invitation. @returns the exit code: 1 if there is no such invitation */
export async function revokeInvite(access: OperationsByText, token: string, { print }: Output): Promise<number> {
  const isFound = await access.revokeInvite(token);
  print(isFound ? 'The invitation is revoked.' : 'No invitation has this token.');
  return isFound ? 0 : 1;
}

/** Shows bindings. @returns the exit code: 1 if there are none */
export async function listBindings(
  access: OperationsByText,
  who: string | undefined,
  onlySuspended: boolean,
  { isJson, style, print }: Output,
): Promise<number> {
  const bindings = await access.bindings(who, { onlySuspended });
  if (isJson) print(printableJson(bindings));
  else if (bindings.length === 0) print(onlySuspended ? 'No bindings are suspended.' : 'There are no bindings.');
  else for (const binding of printable(bindings)) print(bindingText(binding, style));
  return bindings.length > 0 ? 0 : 1;
}

/** Binds an address to a user. @returns the exit code */
export async function bindAddress(
  access: OperationsByText,
  address: string,
  mxid: string,
  { print }: Output,
): Promise<number> {
  await access.bind(address, mxid);
  print(`${address} is bound to ${mxid}.`);
  return 0;
}

/** Removes the binding of an address to a user. @returns the exit code: 1 if it was not bound to that user */
export async function unbindAddress(
  access: OperationsByText,
  address: string,
  mxid: string,
  { print }: Output,
): Promise<number> {
  const isFound = await access.unbind(address, mxid);
  print(isFound ? `${address} is not bound to ${mxid} any more.` : `${address} is not bound to ${mxid}.`);
  return isFound ? 0 : 1;
}

function inviteText(invite: ListedInvite, style: TerminalStyle): string {
  const { token, threepid, roomId, sender, createdAt } = invite;
  const state = inviteState(invite, style);
  return `${style.bold(written(threepid))}  ${roomId}  by ${sender} on ${day(createdAt)}  ${state}  ${style.dim(token)}`;
}

function inviteState(invite: ListedInvite, style: TerminalStyle): string {
  const { deliveredAt, confirmedAt, suspended, delivery, failure } = invite;
  if (suspended) return style.bad(`suspended: ${formerUserText(suspended.mxid, suspended)}`);
  if (deliveredAt === undefined) {
    if (failure !== undefined) return style.bad(`waits: ${failure}`);
    return isFailing(delivery) ? style.bad(`waits; mail not sent: ${triesText(delivery)}`) : 'waits';
  }
  if (confirmedAt !== undefined) return style.dim(`delivered ${day(confirmedAt)}`);
  if (failure !== undefined) return style.bad(`refused: ${failure}`);
  const since = `delivery since ${day(deliveredAt)}`;
  return isFailing(delivery) ? style.bad(`${since}, ${triesText(delivery)}`) : since;
}

const isFailing = (delivery: InviteDelivery | undefined): delivery is InviteDelivery =>
  delivery !== undefined && delivery.attempts > 0;

function triesText({ attempts, nextAt, failure = 'unknown reason' }: InviteDelivery): string {
  const next = new Date(nextAt).toISOString().slice(0, 16).replace('T', ' ');
  return `tried ${attempts} times, next at ${next} UTC: ${failure}`;
}

function bindingText({ threepid, mxid, boundAt, suspended }: Binding, style: TerminalStyle): string {
  const state = suspended && `  ${style.bad(`suspended: ${formerUserText(mxid, suspended)}`)}`;
  return `${style.bold(written(threepid))}  ${mxid}  ${style.dim(`since ${day(boundAt)}`)}${state ?? ''}`;
}

const formerUserText = (mxid: string, { source, since }: Suspension): string =>
  `since ${day(since)} ${source} no longer contains ${mxid}`;

const written = ({ medium, address }: Threepid): string => (medium === 'msisdn' ? `+${address}` : address);

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
