/**
 * Finds conditions that Nunjucks accepts and does not evaluate as Jinja does. No error would show them:
 *
 * - `{% for x in list if x.open %}`: Nunjucks evaluates the condition once, before the loop.
 * - `{% if others %}`: an empty list is true.
 *
 * @returns the problems, one line each
 */
export function jinjaConditions(template: string): readonly string[] {
  return [...template.matchAll(STATEMENT)].flatMap(({ 1: found = '' }) => {
    const statement = found.replace(/-$/, '').trim();
    if (FILTERED_LOOP.test(statement) && !/\belse\b/.test(statement))
      return [`"${statement}": the condition is evaluated once, before the loop; write {% if %} inside the loop`];
    if (LIST_AS_CONDITION.test(statement)) return [`"${statement}": an empty list is true; write others.length`];
    return [];
  });
}

/** Up to the end of the line, so that an unfinished one does not make it slow. */
const STATEMENT = /\{%-?([^%\n]{1,300})%\}/g;
const FILTERED_LOOP = /^for\b.*\bin\b.*\bif\b/;
const LIST_AS_CONDITION = /^(?:if|elif|elseif)\s+(?:not\s+)?others$/;
