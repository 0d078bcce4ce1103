import type { Command } from 'commander';
import type { AdminClient } from './admin-client.js';
import { bindAddress, listBindings, listInvites, type Output, revokeInvite, unbindAddress } from './operations.js';
import { showAudit, sinceOf } from './audit.js';
import { openPage } from './admin-open.js';
import { endTokens, listTokens } from './token-operations.js';

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly suspended?: boolean;
}

interface Tools {
  /** A command that reads the configuration. */
  readonly command: (name: string, description: string, parent?: Command, options?: { isDefault: boolean }) => Command;
  readonly withAccess: (
    file: string | undefined,
    use: (access: AdminClient) => Promise<number>,
    options: { readonly isLogged: boolean },
  ) => Promise<void>;
  readonly output: Omit<Output, 'isJson'>;
}

/** `islet invites`, `audit`, `bindings`, `bind`, `unbind`, `tokens` and `admin open`. */
export function addOperations(program: Command, { command, withAccess, output }: Tools): void {
  const look = ({ config, json = false }: Options, use: (access: AdminClient, to: Output) => Promise<number>) =>
    withAccess(config, (access) => use(access, { ...output, isJson: json }), { isLogged: false });
  const change = ({ config }: Options, use: (access: AdminClient, to: Output) => Promise<number>) =>
    withAccess(config, (access) => use(access, { ...output, isJson: false }), { isLogged: true });

  const invites = program.command('invites').description('invitations of people who have no account yet');
  command('list', 'list invitations, including delivered ones', invites, { isDefault: true })
    .option('--json', 'print JSON')
    .action((options: Options) => look(options, listInvites));
  command('revoke', 'revoke an invitation: its link and key become invalid', invites)
    .argument('<token>', 'token, as shown by `islet invites`')
    .action((token: string, options: Options) => change(options, (access, to) => revokeInvite(access, token, to)));

  const tokens = program.command('tokens').description('access tokens of signed-in users');
  command('list', 'show how many access tokens each user has, or those of one user', tokens, { isDefault: true })
    .argument('[user]', '@user:example.org; default: all users')
    .option('--json', 'print JSON')
    .action((user: string | undefined, options: Options) =>
      look(options, (access, to) => listTokens(access, user, to)),
    );
  command(
    'end',
    'revoke all access tokens of a user; clients sign in again if the homeserver confirms the user',
    tokens,
  )
    .argument('<user>', '@user:example.org')
    .action((user: string, options: Options) => change(options, (access, to) => endTokens(access, user, to)));

  command(
    'open',
    'print a one-time link that signs a browser in to the admin page for an hour',
    program.command('admin').description('the admin page'),
  )
    .option('--json', 'print JSON')
    .action((options: Options) => look(options, openPage));

  command('audit', 'show what was changed, by whom and when')
    .argument('[who]', 'user or address; default: everything')
    .option('--since <time>', 'for example 2h, 7d or 2026-11-29')
    .option('--json', 'print JSON')
    .action((who: string | undefined, options: Options & { since?: string }) =>
      look(options, (access, to) => {
        const since = options.since === undefined ? undefined : sinceOf(options.since, Date.now());
        return showAudit(access, who, since, to);
      }),
    );
  command('bindings', 'list bound addresses')
    .argument('[who]', 'user or address; default: all')
    .option('--suspended', 'only bindings of users who left their directory')
    .option('--json', 'print JSON')
    .action((who: string | undefined, options: Options) =>
      look(options, (access, to) => listBindings(access, who, options.suspended ?? false, to)),
    );
  command('bind', 'bind an address to a user without proof')
    .argument('<address>', 'email address, or phone number with country code')
    .argument('<user>', '@user:example.org')
    .action((address: string, user: string, options: Options) =>
      change(options, (access, to) => bindAddress(access, address, user, to)),
    );
  command('unbind', 'unbind an address from a user')
    .argument('<address>', 'email address, or phone number with country code')
    .argument('<user>', '@user:example.org')
    .action((address: string, user: string, options: Options) =>
      change(options, (access, to) => unbindAddress(access, address, user, to)),
    );
}
