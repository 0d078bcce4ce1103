import type { Limit } from '../../ports/rate-limits.js';
import { networkOf } from '../identifiers/ip-network.js';
import { homeserverKey } from './asker.js';
import type { CountedLimit, Topic } from './counted-limit.js';

/**
 * Limits that replace the default ones for a requester: a user (`@islet:partner.example`, another identity server), a
 * client (`10.0.0.5`, a homeserver that uses v1), or a homeserver with all its users (`example.org`). `false` means no
 * limit; a topic that is missing has the default limits.
 */
export type ServerLimits = Readonly<Record<string, Readonly<Partial<Record<Topic, Limit | false | undefined>>>>>;

/** Finds the individual limit of a requester; `undefined` if the default ones apply. */
export function serverLimits(
  servers: ServerLimits,
): (topic: Topic, kind: 'user' | 'client' | 'homeserver', subject: string | undefined) => CountedLimit | undefined {
  const byKey = new Map(Object.entries(servers).map(([name, limits]) => [keyOf(name), limits]));
  return (topic, kind, subject) => {
    if (byKey.size === 0 || subject === undefined) return undefined;
    const key = `${kind} ${kind === 'user' ? subject : kind === 'client' ? networkOf(subject) : homeserverKey(subject)}`;
    const limit = byKey.get(key)?.[topic];
    if (limit === undefined) return undefined;
    const counted = { limit: limit || undefined, key: `${topic} servers ${key}`, name: ownLimitName(topic) };
    return { topic, kind, requester: subject, ...counted };
  };
}

/** The name of the individual limits of a topic, for all requesters that have one. */
export const ownLimitName = (topic: Topic): string => `servers, ${topic}`;

/** An IP address means a client: a homeserver that is named by its IP address only is counted like any other. */
function keyOf(name: string): string {
  if (name.startsWith('@')) return `user ${name}`;
  const isClient = /^\d+(?:\.\d+){3}$/.test(name) || (name.includes(':') && networkOf(name) !== name);
  return isClient ? `client ${networkOf(name)}` : `homeserver ${homeserverKey(name)}`;
}
