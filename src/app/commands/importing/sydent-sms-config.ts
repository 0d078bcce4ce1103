import { omitUndefined } from '../../config/objects.js';
import type { Given } from '../../config/docs/example.js';
import type { PythonConfig } from './python-config.js';

/**
 * OpenMarket is the only gateway of Sydent.
 *
 * @param passwordFile stores the password of the gateway and returns the file name
 */
export function smsOf(
  conf: PythonConfig,
  passwordFile: (value: string | undefined) => string | undefined,
): { readonly sms: Given | undefined; readonly notes: readonly string[] } {
  const keys = [...new Set([...conf.keysOf('sms'), ...conf.defaults])];
  const byCode = (start: string) =>
    keys.flatMap((key): [string, string][] => {
      const [, code] = new RegExp(`^${start}\\.(\\d+|default)$`).exec(key) ?? [];
      const value = code === undefined ? '' : (conf.get('sms', key) ?? '');
      return code === undefined || value === '' ? [] : [[code, value]];
    });
  const originators = Object.fromEntries(
    byCode('originators').map(([code, list]) => [code, list.split(',').map((item) => item.trim())]),
  );
  const rules = Object.fromEntries(byCode('smsrule'));
  const username = conf.get('sms', 'username') || undefined;
  if (username === undefined) {
    const isNamed = Object.keys(originators).length > 0 || Object.keys(rules).length > 0;
    return {
      sms: undefined,
      notes: isNamed ? ['sms: no gateway is configured, so originators and rules are left out'] : [],
    };
  }
  const gateway = omitUndefined({ username, passwordFile: passwordFile(conf.get('sms', 'password') || undefined) });
  return {
    sms: omitUndefined({
      gateways: [{ openmarket: gateway }],
      originators: Object.keys(originators).length > 0 ? originators : undefined,
      rules: Object.keys(rules).length > 0 ? rules : undefined,
    }),
    notes: [],
  };
}
