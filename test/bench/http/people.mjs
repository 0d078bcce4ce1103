// The people in the requests, the same in every process.
import { hash } from 'node:crypto';

export const PEPPER = 'barepepper';
export const TOKEN = 'token-of-the-bench';
export const USER = '@bench:example.org';
export const TERMS_URL = 'https://example.org/privacy/1/en';

export const addressAt = (at) => `firstname.lastname${at}@example.org`;
export const mxidAt = (at) => `@firstname.lastname${at}:example.org`;
export const hashOf = (address, pepper) => hash('sha256', `${address} email ${pepper}`, 'base64url');
