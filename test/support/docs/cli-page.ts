import type { Argument, Command, Option } from 'commander';
import { commandsOf, exitCodeOf } from '../../../src/app/commands/exit-codes.js';
import { createProgram } from '../../../src/app/cli/program.js';
import { row } from './markdown.js';

/** The content of `docs/reference/cli.md`, from the definitions of the commands. */
export function cliPage(): string {
  const program = createProgram({});
  return `<!-- Made by "npm run generate" of the commands in src/app/cli/program.ts. -->

# Commands

\`islet COMMAND --help\` prints the same. Commands that read the configuration find it as
[configuration.md](configuration.md#general-rules) says. Every command exits with 1 after an error in its options or in the
configuration, and prints errors to stderr. Output for programs is available with \`--json\`.

${commandsOf(program)
  .map(({ name, command }) => section(name, command))
  .join('\n')}`;
}

function section(name: string, command: Command): string {
  const synopsis = [`islet ${name}`, ...command.registeredArguments.map(placeholder), '[options]'].join(' ');
  const rows = [
    ...command.registeredArguments.map((argument) => row([`\`${placeholder(argument)}\``, argument.description])),
    ...command.options.map((option) => row([`\`${option.flags}\``, withDefault(option)])),
  ];
  const table =
    rows.length > 0 ? `\n${row(['argument or option', 'meaning'])}\n${row(['---', '---'])}\n${rows.join('\n')}\n` : '';
  return `## ${name}

\`${synopsis}\`

${sentence(command.description())}
${table}
Exit code: ${exitCodeOf(name)}.
`;
}

const placeholder = (argument: Argument): string =>
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;

const withDefault = ({ description, defaultValue }: Option): string =>
  defaultValue === undefined ? description : `${description} (default: \`${String(defaultValue)}\`)`;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
