import { describe, expect, it } from 'vitest';
import { dumpLine, restoreLine, preventRepeatsLine } from '../../../src/app/commands/postgres-lines.js';

describe('the commands that copy a PostgreSQL database', () => {
  it.each([
    ['postgres://islet@db/islet', 'postgres://islet@db/islet'],
    ['postgres://islet:se:cret@db:5433/islet', 'postgres://islet@db:5433/islet'],
    [
      'postgres:///islet?host=/run/postgresql&password=secret&user=islet',
      'postgres:///islet?host=/run/postgresql&user=islet',
    ],
    ['postgres://db/islet?password=secret', 'postgres://db/islet'],
  ])('contain %s without its password', (url, shown) => {
    expect(dumpLine(url, '/backup/islet.dump')).toBe(`pg_dump --format=custom --file='/backup/islet.dump' '${shown}'`);
    expect(restoreLine(url, '/b')).toContain(`--dbname='${shown}' '/b'`);
    expect(preventRepeatsLine(url)).toContain(`psql '${shown}' --command 'delete from jobs`);
  });

  it('quote file names for the shell', () => {
    expect(dumpLine('postgres://db/islet', "/it's")).toContain(`--file='/it'\\''s'`);
  });
});
