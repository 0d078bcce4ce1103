import type { Environment } from './env-name.js';

const LINK = /^(tcp|udp|sctp):\/\/.+:(\d+)$/;

/**
 * The environment without the variables that Kubernetes (and Docker for old-style links) sets for each service of a
 * namespace. A service called `islet-admin` sets `ISLET_ADMIN_PORT` to `tcp://10.0.0.7:8091`, which is not a port. A
 * service is recognised by two variables that always occur together: `X_PORT` has the same value as
 * `X_PORT_8091_TCP`. Without the second variable the value is kept, and is an error like any other wrong value.
 */
export function withoutServiceLinks(env: Environment): Environment {
  const services = Object.keys(env).filter((name) => isLink(env, name));
  if (services.length === 0) return env;
  const isOfService = (name: string) => services.some((port) => belongsTo(port.slice(0, -'_PORT'.length), name));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isOfService(name)));
}

function isLink(env: Environment, name: string): boolean {
  if (!/^ISLET(_.+)?_PORT$/.test(name)) return false;
  const value = env[name] ?? '';
  const [, protocol, port] = LINK.exec(value) ?? [];
  return protocol !== undefined && env[`${name}_${port}_${protocol.toUpperCase()}`] === value;
}

const belongsTo = (service: string, name: string): boolean =>
  name.startsWith(`${service}_`) &&
  /^(PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?|SERVICE_HOST|SERVICE_PORT(_.+)?)$/.test(
    name.slice(service.length + 1),
  );
