import { join } from 'node:path';
import { Report } from '../shared/report.js';
import { startEnvironment } from './environment.js';
import { FILES, SOURCES } from './people.js';
import { writeRecording } from './recording.js';
import { checkAccounts } from './steps/accounts.js';
import { inviteKnownPeople } from './steps/invitations.js';
import { inviteNewcomers } from './steps/newcomers.js';
import { findPeople } from './steps/people-search.js';
import { checkPhones } from './steps/phones.js';
import { Scenario } from './scenario.js';

/**
 * Tests Islet with two real Synapses that federate.
 *
 * @param folder where Debian is installed and the recording is written
 * @returns whether all checks passed
 */
export async function proveSynapse(folder: string): Promise<boolean> {
  const report = new Report();
  const environment = await startEnvironment({
    folder,
    islet: { sources: SOURCES, bindings: { accounts: 'check' } },
    files: FILES,
  });
  try {
    const { synapseVersion, pythonVersion } = environment.chroot;
    report.heading(`Synapse ${synapseVersion}, ${pythonVersion}, Node ${process.version}`);
    const scenario = await Scenario.begin(environment, report);
    const parts = [inviteKnownPeople, inviteNewcomers, checkAccounts, checkPhones, findPeople];
    for (const part of parts) await part(scenario);
    const about = { synapse: synapseVersion, python: pythonVersion, date: new Date().toISOString().slice(0, 10) };
    const file = writeRecording(join(folder, 'recordings'), 'synapse', about, environment.exchanges);
    report.heading(`The recording: ${file}`);
  } finally {
    await environment.close();
  }
  return report.close();
}
