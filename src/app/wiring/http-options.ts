import type { Config } from '../config/config.js';

/** The allowed hosts, with ports, for the page after a mailed link. */
export const nextLinkHosts = ({ server, invites, validation }: Config): readonly string[] =>
  [server.publicUrl, invites.webClient, ...invites.allowedWebClients, ...validation.nextLinks].map((url) =>
    new URL(url).host.toLowerCase(),
  );

/** Whether version 1 of the API may bind addresses to users of a homeserver. */
export function v1Bindable({ v1, homeservers, federation, sources }: Config): (homeserver: string) => boolean {
  if (v1.bind !== 'known') return () => v1.bind === 'all';
  const named = sources.flatMap((source) => ('homeserver' in source && source.homeserver ? source.homeserver : []));
  const known = new Set([...Object.keys(homeservers), ...(federation.allowedServers ?? []), ...named]);
  return (homeserver) => known.size === 0 || known.has(homeserver);
}
