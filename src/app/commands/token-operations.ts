import type { OperationsByText } from '../../domain/admin/text-admin-service.js';
import { groupBy } from '../../domain/shared/group-by.js';
import type { SignIn } from '../../ports/account-store.js';
import type { Output } from './operations.js';
import { printable, printableJson } from '../../domain/shared/printable.js';

/** Shows how many access tokens each user has, or those of one user. @returns the exit code: 1 if there are none */
export async function listTokens(
  access: OperationsByText,
  user: string | undefined,
  { isJson, style, print }: Output,
): Promise<number> {
  const tokens = await access.signIns(user);
  if (isJson) print(printableJson(tokens));
  else if (tokens.length === 0) print('There are no access tokens.');
  else if (user === undefined) {
    for (const [mxid, owned] of groupBy(tokens, (token) => token.mxid)) {
      const last = owned.reduce((latest, { usedAt }) => Math.max(latest, usedAt), 0);
      print(`${style.bold(printable(mxid))}  ${owned.length}  ${style.dim(`last used ${day(last)}`)}`);
    }
  } else for (const token of tokens) print(tokenText(token, style));
  return tokens.length > 0 ? 0 : 1;
}

/** Revokes all access tokens of a user. @returns the exit code: 1 if there were none */
export async function endTokens(access: OperationsByText, user: string, { print }: Output): Promise<number> {
  const count = await access.endSignIns(user);
  print(count === 0 ? `${printable(user)} has no access tokens.` : `Revoked ${count} of ${printable(user)}.`);
  return count > 0 ? 0 : 1;
}

const tokenText = ({ mxid, createdAt, usedAt }: SignIn, style: Output['style']): string =>
  `${style.bold(printable(mxid))}  created ${day(createdAt)}  ${style.dim(`last used ${day(usedAt)}`)}`;

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
