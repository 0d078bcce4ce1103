// How fast one core hashes every phone number of a country under one pepper: node test/bench/pepper.mjs
import { hash } from 'node:crypto';

const COUNT = 1_000_000;
const since = process.cpuUsage();
for (let at = 0; at < COUNT; at++) hash('sha256', `49151${10_000_000 + at} msisdn matrixrocks`, 'base64url');
const { user, system } = process.cpuUsage(since);
const seconds = (user + system) / 1e6;
process.stdout.write(`${Math.round(COUNT / seconds)} hashes a second on one core\n`);
process.stdout.write(`${((1e8 * seconds) / COUNT / 60).toFixed(1)} minutes for the 10^8 numbers of one mobile prefix\n`);
process.stdout.write(`${((1e10 * seconds) / COUNT / 3600).toFixed(1)} hours for 10^10 numbers, a whole country\n`);
