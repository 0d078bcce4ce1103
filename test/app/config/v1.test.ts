import { describe, expect, it } from 'vitest';
import { v1Bindable } from '../../../src/app/wiring/http-options.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';

const named = 'server: { name: id.example.org, publicUrl: "https://id.example.org" }\n';
const PRIVATE = ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

describe('who may use version 1 by default', () => {
  it.each([
    ['as nothing is configured', '', PRIVATE],
    ['the URL is the one that is listened on', 'server: { name: a, publicUrl: "http://id.example.org:8090" }', PRIVATE],
    ['a proxy has to be there and is named', `${named}listen: { trustedProxies: [127.0.0.1] }`, PRIVATE],
    ['a proxy has to be there, for TLS, and is not named', named, []],
    ['a proxy has to be there, for the port', 'server: { name: a, publicUrl: "http://id.example.org" }', []],
    ['the networks are written down', `${named}v1: { allowFrom: [loopback] }`, ['127.0.0.0/8', '::1/128']],
  ])('where %s', (_case, yaml, allowFrom) => {
    expect(loadFromEtc(yaml).config.v1.allowFrom).toEqual(allowFrom);
  });

  it.each([
    ['that a proxy is not named', named, 'endpoints of API version 1 without authentication are closed'],
    ['that a silent proxy opens it', `${named}v1: { allowFrom: [loopback] }`, 'v1.allowFrom allows everyone'],
    ['that everybody is let in', 'v1: { allowFrom: [0.0.0.0/0] }', 'v1.allowFrom has 0.0.0.0/0'],
    ['that half the Internet is', 'v1: { allowFrom: [128.0.0.0/1] }', 'v1.allowFrom has 128.0.0.0/1'],
    ['that all of IPv6 is', 'v1: { allowFrom: ["2000::/3"] }', 'v1.allowFrom has 2000::/3'],
  ])('is warned about: %s', (_case, yaml, words) => {
    expect(loadFromEtc(yaml).warnings.join('\n')).toContain(words);
  });

  it.each([
    ['short codes that may be guessed at without end', 'limits: { wrongCodes: { perSession: false } }', true],
    ['long ones', 'limits: { wrongCodes: { perSession: false } }\nvalidation: { codeLength: 10 }', false],
    ['codes with a limit', 'validation: { codeLength: 4 }', false],
  ])('is warned about for %s, or not', (_case, yaml, isWarned) => {
    expect(loadFromEtc(yaml).warnings.some((warning) => warning.includes('can be guessed'))).toBe(isWarned);
  });

  it('takes its own names, and web clients, for its own', () => {
    const yaml = `${named}invites: { webClient: "https://element.example.org/app" }\nv1: { allowHosts: [islet.lan] }`;
    expect(loadFromEtc(yaml).config.v1).toMatchObject({
      allowOrigins: ['https://id.example.org', 'https://element.example.org'],
      hosts: ['id.example.org', 'islet.lan', '127.0.0.1', 'id.example.org'],
    });
  });
});

describe('to which users version 1 binds addresses', () => {
  const bindable = (yaml: string) => v1Bindable(loadFromEtc(yaml).config);

  it.each([
    ['everybody, where no homeserver is named anywhere', '', true, true],
    ['users of the allowed ones', 'federation: { allowedServers: [example.org] }', true, false],
    ['users of those that are configured', 'homeservers: { example.org: { url: "http://hs" } }', true, false],
    ['everybody, on demand', 'federation: { allowedServers: [example.org] }\nv1: { bind: all }', true, true],
    ['nobody, on demand', 'v1: { bind: off }', false, false],
  ])('is %s', (_case, yaml, known, foreign) => {
    expect([bindable(yaml)('example.org'), bindable(yaml)('bank.example')]).toEqual([known, foreign]);
  });
});
