import type { Command } from 'commander';
import type { AdminClient } from './admin-client.js';
import { bindAddress, listBindings, listInvites, type Output, revokeInvite, unbindAddress } from './operations.js';
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

/** `islet invites`, `bindings`, `bind`, `unbind` and `tokens`. */
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

<<<<<<< HEAD
  const tokens = program.command('tokens').description('access tokens of users who are signed in here');
  command('list', 'show how many each user has, or those of one user', tokens, { isDefault: true })
    .argument('[user]', '@user:example.org; all without it')
    .option('--json', 'print every one as JSON')
    .action((user: string | undefined, options: Options) =>
      look(options, (access, to) => listTokens(access, user, to)),
    );
  command('end', 'end all of a user: their clients sign in again, if the homeserver still vouches for them', tokens)
    .argument('<user>', '@user:example.org')
    .action((user: string, options: Options) => change(options, (access, to) => endTokens(access, user, to)));

  command('bindings', 'show addresses that are bound here')
    .argument('[who]', 'a user or an address; all without it')
    .option('--suspended', 'only those of users whom their directory no longer knows')
    .option('--json', 'print it as JSON')
=======
  command('bindings', 'list bound addresses')
    .argument('[who]', 'user or address; default: all')
    .option('--suspended', 'only bindings of users who left their directory')
    .option('--json', 'print JSON')
>>>>>>> 99e8a18 (docs: an index, references of commands, admin API, metrics and log events, recipes, releasing; dev, coverage, graph)
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
