#!/usr/bin/env node
// Before anything else is loaded: the maps of modules that were loaded earlier are not read.
process.setSourceMapsEnabled(true);

const env = { ...process.env };
// It would turn off certificate checks in every library that does not set them, such as drivers and sources of your own.
delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];

const { runProgram } = await import('./cli/program.js');
await runProgram(process.argv, env);
// Open handles of a source must not keep the process alive.
process.exit();

export {};
