import { describe, expect, it } from 'vitest';
import { readDatabaseUrl } from '../../../src/adapters/shared/database-url.js';

const read = (url: string, env: NodeJS.ProcessEnv = {}) => {
  const { kind, host, encryption, files, url: bare } = readDatabaseUrl(url, env);
  return { kind, host, encryption, files, bare: bare.href };
};

describe('the URL of a database', () => {
  it.each([
    ['postgres://islet@db/people', 'none'],
    ['postgres://islet@db/people?sslmode=disable', 'none'],
    ['postgres://islet@db/people?sslmode=require', 'verified'],
    ['postgres://islet@db/people?sslmode=verify-full', 'verified'],
    ['postgres://islet@db/people?ssl=true', 'verified'],
    ['postgres://islet@db/people?sslmode=no-verify', 'encrypted'],
    ['mysql://islet@db/people', 'none'],
    ['mysql://islet@db/people?sslmode=verify-full', 'verified'],
    ['mysql://islet@db/people?ssl-mode=VERIFY_CA', 'verified'],
    ['mysql://islet@db/people?ssl-mode=REQUIRED', 'verified'],
    ['mysql://islet@db/people?sslrootcert=/ca.pem', 'verified'],
    ['mysql://islet@db/people?ssl={}', 'verified'],
    ['mysql://islet@db/people?ssl=true', 'verified'],
  ])('%s means a connection that is %s', (url, encryption) => {
    expect(read(url)).toMatchObject({ encryption });
  });

  it.each([
    ['postgres://islet@db/people?sslmode=prefer', 'allows connections without TLS'],
    ['postgres://islet@db/people?sslmode=allow', 'allows connections without TLS'],
    ['mysql://islet@db/people?ssl-mode=PREFERRED', 'allows connections without TLS'],
    ['postgres://islet@db/people?sslmode=bogus', 'unknown sslmode bogus'],
    ['mysql://islet@db/people?ssl=Amazon%20RDS', 'ssl with a value other than true and false'],
    ['mysql://islet@db/people?ssl={"rejectUnauthorized":false}', 'ssl with a value other than true and false'],
    ['mysql://islet@db/people?tls=true', 'contains the unknown parameter tls'],
    ['postgres://islet@a,b/people', 'several hosts'],
    ['postgres://islet@a:5432,b:5433/people', 'several hosts'],
    ['postgres://islet@/people?host=a,b', 'several hosts'],
    ['mysql://islet@a,b/people', 'several hosts'],
    ['http://db/people', 'must be a URL'],
  ])('%s is refused', (url, words) => {
    expect(() => read(url)).toThrow(words);
  });

  it('may name the folder of a socket, in the form of libpq', () => {
    expect(read('postgres://islet:p%40ss@/people?host=/run/postgresql&sslmode=verify-full')).toEqual({
      kind: 'postgres',
      host: '/run/postgresql',
      encryption: 'none',
      files: {},
      bare: 'postgres:///people?host=%2Frun%2Fpostgresql&user=islet&password=p%40ss',
    });
    expect(read('postgres://islet@%2Frun%2Fpostgresql/people').host).toBe('/run/postgresql');
  });

  it('passes no TLS parameters to the driver, and names the files', () => {
    expect(
      read('postgres://islet@db/people?sslmode=verify-full&sslrootcert=a&sslcert=b&sslkey=c&application_name=x'),
    ).toEqual({
      kind: 'postgres',
      host: 'db',
      encryption: 'verified',
      files: { ca: 'a', cert: 'b', key: 'c' },
      bare: 'postgres://islet@db/people?application_name=x',
    });
  });

  it('is completed from the environment only for PostgreSQL, and only where parts are missing', () => {
    const env = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'ca.pem' };
    expect(read('postgres://db/people', env)).toMatchObject({ encryption: 'verified', files: { ca: 'ca.pem' } });
    expect(read('postgres://db/people?sslmode=disable', env)).toMatchObject({ encryption: 'none' });
    expect(read('mysql://db/people', env)).toMatchObject({ encryption: 'none', files: {} });
  });
});
