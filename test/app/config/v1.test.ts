import { describe, expect, it } from 'vitest';
import { v1Bindable } from '../../../src/app/wiring/http-options.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';

const named = 'server: { name: id.example.org, publicUrl: "https://id.example.org" }\n';
const PRIVATE = ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

describe('the clients that may use version 1 by default', () => {
  it.each([
    ['nothing is configured', '', PRIVATE],
    ['the URL is the listening address', 'server: { name: a, publicUrl: "http://id.example.org:8090" }', PRIVATE],
    ['a proxy is required and configured', `${named}listen: { trustedProxies: [127.0.0.1] }`, PRIVATE],
    ['a proxy is required for TLS, and not configured', named, []],
    ['a proxy is required for the port', 'server: { name: a, publicUrl: "http://id.example.org" }', []],
    ['the networks are configured', `${named}v1: { allowFrom: [loopback] }`, ['127.0.0.0/8', '::1/128']],
  ])('are the expected ones if %s', (_case, yaml, allowFrom) => {
    expect(loadFromEtc(yaml).config.v1.allowFrom).toEqual(allowFrom);
  });

  it.each([
    ['a proxy is not configured', named, 'endpoints of API version 1 without authentication are closed'],
    [
      'a proxy without client addresses opens it',
      `${named}v1: { allowFrom: [loopback] }`,
      'v1.allowFrom allows everyone',
    ],
    ['everyone is allowed', 'v1: { allowFrom: [0.0.0.0/0] }', 'v1.allowFrom has 0.0.0.0/0'],
    ['half of the Internet is allowed', 'v1: { allowFrom: [128.0.0.0/1] }', 'v1.allowFrom has 128.0.0.0/1'],
    ['all of IPv6 is allowed', 'v1: { allowFrom: ["2000::/3"] }', 'v1.allowFrom has 2000::/3'],
  ])('are the subject of a warning if %s', (_case, yaml, words) => {
    expect(loadFromEtc(yaml).warnings.join('\n')).toContain(words);
  });

  it.each([
    ['short codes with unlimited attempts', 'limits: { wrongCodes: { perSession: false } }', true],
    ['long codes', 'limits: { wrongCodes: { perSession: false } }\nvalidation: { codeLength: 10 }', false],
    ['codes with limited attempts', 'validation: { codeLength: 4 }', false],
  ])('are the subject of a warning only for codes that can be guessed: %s', (_case, yaml, isWarned) => {
    expect(loadFromEtc(yaml).warnings.some((warning) => warning.includes('can be guessed'))).toBe(isWarned);
  });

  it('may use the names of this server and of web clients', () => {
    const yaml = `${named}invites: { webClient: "https://element.example.org/app" }\nv1: { allowHosts: [islet.lan] }`;
    expect(loadFromEtc(yaml).config.v1).toMatchObject({
      allowOrigins: ['https://id.example.org', 'https://element.example.org'],
      hosts: ['id.example.org', 'islet.lan', '127.0.0.1', 'id.example.org'],
    });
  });
});

describe('the users to whom version 1 binds addresses', () => {
  const bindable = (yaml: string) => v1Bindable(loadFromEtc(yaml).config);

  it.each([
    ['all users, if no homeserver is configured', '', true, true],
    ['users of the allowed homeservers', 'federation: { allowedServers: [example.org] }', true, false],
    ['users of the configured homeservers', 'homeservers: { example.org: { url: "http://hs" } }', true, false],
    ['all users, if configured', 'federation: { allowedServers: [example.org] }\nv1: { bind: all }', true, true],
    ['nobody, if configured', 'v1: { bind: off }', false, false],
  ])('are %s', (_case, yaml, known, foreign) => {
    expect([bindable(yaml)('example.org'), bindable(yaml)('bank.example')]).toEqual([known, foreign]);
  });
});
