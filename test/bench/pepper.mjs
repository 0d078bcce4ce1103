// The number of phone numbers that one core hashes per second, and the time for all numbers of a country: npm run bench -- pepper
import { hash } from 'node:crypto';

const COUNT = 1_000_000;

export async function measurePepper() {
  const since = process.cpuUsage();
  for (let at = 0; at < COUNT; at++) hash('sha256', `49151${10_000_000 + at} msisdn matrixrocks`, 'base64url');
  const { user, system } = process.cpuUsage(since);
  const perSecond = COUNT / ((user + system) / 1e6);
  return {
    'hashes a second, one core': Math.round(perSecond),
    'minutes for 10^8 numbers': 1e8 / perSecond / 60,
    'hours for 10^10 numbers': 1e10 / perSecond / 3600,
  };
}
