import { type Config, type ConfigPlace, type LoadedConfig, loadConfig } from '../config/config.js';
import { ConfigError } from '../config/errors/problems.js';
import { summary } from './config-summary.js';
import type { TerminalStyle } from './terminal-style.js';
import { printableJson } from '../../domain/shared/printable.js';

/**
 * Prints the problems of the configuration, one line each, or a summary if there are none.
 *
 * @returns the exit code: 0 if the configuration is valid, 1 if not
 */
export function checkCommand(
  place: ConfigPlace,
  {
    isJson,
    style,
    print,
  }: { readonly isJson: boolean; readonly style: TerminalStyle; readonly print: (text: string) => void },
): number {
  let loaded: LoadedConfig;
  try {
    loaded = loadConfig(place);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    print(isJson ? printableJson({ isFine: false, problems: error.problems }) : style.bad(error.message));
    return 1;
  }
  const { config, warnings } = loaded;
  print(isJson ? printableJson({ isFine: true, warnings, ...summary(config) }) : words(config, warnings, style));
  return 0;
}

function words(config: Config, warnings: readonly string[], style: TerminalStyle): string {
  const { file, sources, ...rest } = summary(config);
  const lines = { ...rest, ...Object.fromEntries(sources.map((source, index) => [`source ${index + 1}`, source])) };
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    style.good(`${file ?? 'no file, only defaults and the environment'}: configuration is fine`),
    ...Object.entries(lines).map(([name, value]) => `  ${style.dim(name.padEnd(10))} ${value}`),
  ].join('\n');
}
