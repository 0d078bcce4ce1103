import { describe, expect, it } from 'vitest';
import { LoginGate, LoginPausedError } from '../../../src/adapters/shared/login-gate.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { FakeClock } from '../../support/fakes.js';

function mayEnter(gate: LoginGate): boolean {
  try {
    gate.enter();
    return true;
  } catch (error) {
    if (error instanceof LoginPausedError) return false;
    throw error;
  }
}

describe('logins with a password that is refused', () => {
  it('pause for growing times, with fewer than twenty attempts in an hour', () => {
    const clock = new FakeClock();
    const gate = new LoginGate(new RotatingSecret('wrong'), clock);
    const tries: number[] = [];
    for (let second = 0; second < 3600; second += 5) {
      if (mayEnter(gate)) {
        gate.noteRefusal('wrong');
        tries.push(second);
      }
      clock.pass(5_000);
    }
    expect(tries.slice(0, 6)).toEqual([0, 10, 30, 70, 150, 310]);
    expect(tries.length).toBeLessThan(20);
  });

  it('continue at once with another password, and start with short pauses again', () => {
    const clock = new FakeClock();
    let stored = 'wrong';
    const gate = new LoginGate(new RotatingSecret('wrong', () => stored), clock);
    gate.noteRefusal(gate.enter());
    expect(() => gate.enter()).toThrow(/not tried again before .* UTC or with another password/);
    stored = 'also wrong';
    gate.noteRefusal(gate.enter());
    clock.pass(10_000);
    stored = 'right';
    expect(gate.enter()).toBe('right');
    gate.reset();
    expect(gate.enter()).toBe('right');
  });

  it('continue at the request of the operator', () => {
    const gate = new LoginGate(new RotatingSecret('wrong'), new FakeClock());
    gate.noteRefusal(gate.enter());
    gate.reset();
    expect(gate.enter()).toBe('wrong');
  });
});
