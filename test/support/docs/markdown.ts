/** A table row. */
export const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** Replaces everything between `<!-- generated: NAME -->` and `<!-- end -->`. */
export function withGenerated(markdown: string, name: string, content: string): string {
  const start = `<!-- generated: ${name} -->\n`;
  const from = markdown.indexOf(start);
  const to = markdown.indexOf('<!-- end -->', from);
  if (from < 0 || to < 0) throw new Error(`the page has no place for ${name}`);
  return `${markdown.slice(0, from)}${start}\n${content}\n\n${markdown.slice(to)}`;
}
