import { z } from 'zod';
import type { Checked } from '../../adapters/ldap/check.js';
import { inUrl } from '../../adapters/shared/hosts.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Config } from '../config/config.js';
import { readAdminToken } from '../http/admin/admin-token.js';
import type { AskServer } from './check-directories.js';

const LIMITS = { timeLimitMs: 25_000, maxBytes: 1024 * 1024 } as const;

const Answer = z.object({
  urls: z.array(z.string()),
  bindDn: z.string().nullable(),
  isCurrent: z.boolean(),
  checks: z.array(
    z.object({ endpoint: z.string(), ok: z.boolean(), problem: z.string().optional(), tookMs: z.number().optional() }),
  ),
});

/**
 * Has the running server check a directory with its own bind account. If it refuses the request, or has not read this
 * configuration, there is no answer.
 */
export const checkByServer =
  ({ admin: { host, port }, dataDir }: Config, http: HttpClient): AskServer =>
  async ({ name, urls, bindDn = null }) => {
    const token = await readAdminToken(dataDir).catch(() => undefined);
    if (token === undefined) return undefined;
    const url = `http://${inUrl(host)}:${port}/directories/${encodeURIComponent(name)}/check`;
    const headers = { authorization: `Bearer ${token}` };
    const { status, body } = await http.request({ ...LIMITS, method: 'POST', url, headers, chosenBy: 'operator' });
    const answer = status === 200 ? Answer.safeParse(JSON.parse(body)).data : undefined;
    if (!answer?.isCurrent || answer.bindDn !== bindDn || answer.urls.join(' ') !== urls.join(' ')) return undefined;
    return answer.checks.map(({ problem, ...checked }): Checked => ({ ...checked, problem }));
  };
