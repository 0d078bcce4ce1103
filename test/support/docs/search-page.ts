import { readFileSync } from 'node:fs';

const PAGE = readFileSync(new URL('../../../docs/topics/search.md', import.meta.url), 'utf8');

/** The lines of docs/topics/search.md in one language, as they stand there, such as `yaml` or `nginx`. */
export function searchSnippet(language: string): string {
  const [, indent = '', text = ''] =
    new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'm').exec(PAGE) ?? [];
  return text.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trimEnd();
}
