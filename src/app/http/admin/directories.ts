import type { Request } from 'express';
import type { Checked } from '../../../adapters/ldap/check.js';
import type { Endpoints } from '../endpoints.js';
import { RequestError } from '../request-error.js';

/** An LDAP directory that the server can check with its own bind account. */
export interface CheckableDirectory {
  readonly name: string;
  /** How it is reached. */
  login(): DirectoryLogin;
  check(): Promise<readonly Checked[]>;
}

export interface DirectoryLogin {
  readonly urls: readonly string[];
  /** `null`: anonymous. */
  readonly bindDn: string | null;
  /** Whether the file of the password contains the password in use. */
  readonly isCurrent: boolean;
}

/**
 * Checks of directories by the running server, so that an attempt with a wrong password counts once for all.
 *
 * @param allow throws if the caller is not authorized
 */
export const adminDirectoryEndpoints = (
  directories: readonly CheckableDirectory[],
  allow: (req: Request) => void,
): Endpoints => ({
  '/directories/:source/check': {
    async POST(req, res) {
      allow(req);
      const directory = directories.find(({ name }) => name === req.params['source']);
      if (!directory) throw new RequestError('source_unknown', 'No LDAP source has this name');
      const login = directory.login();
      res.json({ ...login, checks: login.isCurrent ? await directory.check() : [] });
    },
  },
});
