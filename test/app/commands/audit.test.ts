import { describe, expect, it } from 'vitest';
import { showAudit, sinceOf } from '../../../src/app/commands/audit.js';
import { terminalStyle } from '../../../src/app/commands/terminal-style.js';
import type { AuditEntry } from '../../../src/ports/audit-log.js';

const now = Date.UTC(2026, 10, 29, 8);

describe('islet audit', () => {
  it.each([
    ['30m', now - 1_800_000],
    ['2h', now - 7_200_000],
    ['7d', now - 7 * 86_400_000],
    ['2026-11-28', Date.UTC(2026, 10, 28)],
    ['2026-11-28T10:00:00Z', Date.UTC(2026, 10, 28, 10)],
  ])('starts the list at --since %s', (text, time) => {
    expect(sinceOf(text, now)).toBe(time);
  });

  it.each(['yesterday', '2', '9999999d', '2026-13-01'])('refuses --since %s', (text) => {
    expect(() => sinceOf(text, now)).toThrow('write 2h, 7d or 2026-11-29');
  });

  it('prints a line for each entry, and says if there is none', async () => {
    const printed: string[] = [];
    const output = {
      isJson: false,
      style: terminalStyle({ isTTY: false } as never, {}),
      print: (text: string) => void printed.push(text),
    };
    const entry: AuditEntry = {
      seq: 12,
      at: now,
      action: 'bound',
      mxid: '@a:example.org',
      medium: 'email',
      addressHash: 'abcdefghijkl',
      by: 'operator anna',
      client: '127.0.0.1',
      requestId: 'r1',
      detail: '\x1B[31m',
    };
    expect(await showAudit({ audit: async () => [entry] }, undefined, undefined, output)).toBe(0);
    expect(await showAudit({ audit: async () => [] }, undefined, undefined, output)).toBe(1);
    expect(printed[0]).toMatch(
      /^2026-11-29 08:00:00 {2}bound @a:example\.org email #abcdefgh \(.*\) by operator anna from 127\.0\.0\.1 {2}no\. 12 r1$/,
    );
    expect(printed[0]).not.toContain('\u001b');
    expect(printed[1]).toBe('There are no entries.');
  });
});
