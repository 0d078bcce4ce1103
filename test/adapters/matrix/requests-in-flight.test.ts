import { describe, expect, it } from 'vitest';
import { RequestsInFlight } from '../../../src/adapters/matrix/requests-in-flight.js';

describe('concurrent sign-ins at homeservers', () => {
  it('are limited per homeserver and in total, and a refusal says when to retry', async () => {
    const inFlight = new RequestsInFlight(2, 3);
    const ends: (() => void)[] = [];
    const hang = (homeserver: string) =>
      inFlight.run(homeserver, () => new Promise<string>((resolve) => ends.push(() => resolve('answered'))));
    const waiting = [hang('hung.example'), hang('hung.example')];
    const refused = { code: 'limit_exceeded', details: { retry_after_ms: 2_000 } };
    await expect(hang('hung.example')).rejects.toMatchObject(refused);
    waiting.push(hang('well.example'));
    await expect(hang('third.example')).rejects.toMatchObject(refused);

    for (const end of ends.splice(0)) end();
    expect(await Promise.all(waiting)).toEqual(['answered', 'answered', 'answered']);
    const again = hang('third.example');
    for (const end of ends.splice(0)) end();
    expect(await again).toBe('answered');
  });

  it('that fail release their place', async () => {
    const inFlight = new RequestsInFlight(1, 1);
    for (const _time of [1, 2]) {
      await expect(inFlight.run('a.example', () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    }
  });
});
