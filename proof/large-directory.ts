import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs the test of a large directory with 100,000 people. */
export async function proveLargeDirectory(): Promise<boolean> {
  const test = ['run', '--project', 'real', 'test/e2e/large-directory.test.ts'];
  const env = { ...process.env, PROOF_PEOPLE: '100000' };
  const [code] = (await once(spawn('npx', ['vitest', ...test], { env, stdio: 'inherit' }), 'exit')) as [number | null];
  return code === 0;
}
