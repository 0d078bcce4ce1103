#!/usr/bin/env node
// Import only modules without imports: an older Node.js must be able to run the version check.
import { versionProblem } from './cli/node-version.js';

const { error, warning } = versionProblem(process.versions.node);
if (error !== undefined || warning !== undefined) process.stderr.write(`islet: ${error ?? warning}\n`);
if (error !== undefined) process.exit(1);

const { nameSources } = await import('../adapters/system/source-maps.js');
process.on('uncaughtExceptionMonitor', nameSources);
if (process.argv.includes('serve')) {
  // Before the rest is loaded, which makes it grow.
  const { keepNewSpaceSmall } = await import('../adapters/shared/heap.js');
  keepNewSpaceSmall();
}

const env = { ...process.env };
// This variable would turn off certificate checks in every library that does not set them, such as database drivers
// and custom sources.
delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];

const { runProgram } = await import('./cli/program.js');
await runProgram(process.argv, env);
// Open handles of a source must not keep the process alive.
process.exit();
