import type { Command } from 'commander';

const FAILED = '1 if it failed';

/** The meaning of each exit code. Every command also exits with 1 for an error in its options or configuration. */
const meanings: Readonly<Record<string, string>> = {
  serve: '0 after SIGTERM or SIGINT, 1 if the server cannot start',
  demo: '0 if all four lookups are correct, 1 otherwise',
  init: `0 if the file is written, ${FAILED}`,
  check: '0 if the configuration is valid, 1 otherwise',
  doctor: '0 if no check failed (warnings are allowed), 1 otherwise; with --watch, the result of the last run',
  lookup: '0 if the address belongs to a user, 1 otherwise',
  search: '0 if anyone is found, 1 otherwise',
  sync: '0 if no sync was refused, 1 otherwise',
  'mail test': '0 if the mail server accepted the mail, 1 otherwise',
  'templates check': '0 if every text can be rendered, 1 otherwise',
  'upstream status': '0 if every upstream can be used, 1 otherwise',
  'upstream login': '0 if the account can be used, 1 otherwise',
  'invites list': `0, or ${FAILED}`,
  'invites revoke': '0 if the invitation is revoked, 1 if there is none with this token',
  'admin open': '0 if a server is running and gave a link, 1 otherwise',
  audit: '0 if there are any entries, 1 otherwise',
  bindings: '0 if there are any, 1 otherwise',
  'tokens list': '0 if there are any, 1 otherwise',
  'tokens end': '0 if there were any, 1 otherwise',
  bind: `0 if the address is bound, ${FAILED}`,
  backup: '0 if the backup is written and can be opened, 1 otherwise',
  restore: '0 if the backup is in place, 1 if it was refused and nothing was changed',
  'import sydent-conf': '0 if the file is written and valid, 1 otherwise',
  'import sydent': '0 if it is done, or would be without --apply; 1 if it was refused, and then nothing was changed',
  'import ma1sd-conf': '0 if the file is written and valid, 1 otherwise',
  'import ma1sd': '0 if it is done, or would be without --apply; 1 if it was refused, and then nothing was changed',
  'import synapse': '0 if it is done, or would be without --apply; 1 if it was refused, and then nothing was changed',
  unbind: '0 if the address is unbound, 1 if it was not bound to this user',
};

/** Adds the meaning of the exit code to the help of every command. @throws for a command without a meaning */
export function describeExitCodes(program: Command): void {
  for (const { name, command } of commandsOf(program)) {
    command.addHelpText('after', `\nExit code: ${exitCodeOf(name)}.`);
  }
}

export function exitCodeOf(name: string): string {
  const meaning = meanings[name];
  if (meaning === undefined) throw new Error(`the exit code of ${name} has no meaning in exit-codes.ts`);
  return meaning;
}

/** The commands that can be run, with their names as typed: `mail test`. */
export const commandsOf = (parent: Command, prefix = ''): readonly { name: string; command: Command }[] =>
  parent.commands.flatMap((command) => {
    const name = `${prefix}${command.name()}`;
    return command.commands.length > 0 ? commandsOf(command, `${name} `) : [{ name, command }];
  });
