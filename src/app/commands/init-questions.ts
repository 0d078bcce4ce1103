import { hostname } from 'node:os';
import type { z } from 'zod';
import { formats } from '../config/schema/formats.js';
import { ldap } from '../config/schema/sources/ldap.js';
import type { Prompt } from './prompt.js';

/** The settings that `islet init` needs. Each is also a flag: `serverName` is `--server-name`. */
export interface InitAnswers {
  readonly serverName?: string | undefined;
  readonly publicUrl?: string | undefined;
  readonly ldapUrl?: string | undefined;
  readonly preset?: string | undefined;
  readonly base?: string | undefined;
  readonly bindDn?: string | undefined;
  readonly caFile?: string | undefined;
  readonly homeserver?: string | undefined;
  readonly smtpUrl?: string | undefined;
  readonly mailFrom?: string | undefined;
}

interface Question {
  readonly key: keyof InitAnswers;
  readonly text: string;
  readonly takes: z.ZodType;
  /** The default if nothing is typed or nobody can be asked. */
  readonly suggestion?: (answers: InitAnswers) => string | undefined;
  /** Asked only if this setting was given. */
  readonly after?: keyof InitAnswers;
  readonly isOptional?: boolean;
}

const questions: readonly Question[] = [
  {
    key: 'serverName',
    text: 'Name of this identity server, as clients will know it',
    takes: formats.serverName,
    suggestion: () => hostname(),
  },
  {
    key: 'publicUrl',
    text: 'URL under which people and homeservers reach it',
    takes: formats.origin,
    suggestion: ({ serverName }) => `https://${serverName}`,
  },
  { key: 'ldapUrl', text: 'LDAP server, such as ldaps://ldap.example.org', takes: ldap.shape.urls, isOptional: true },
  {
    key: 'preset',
    text: 'Its kind: openldap, activeDirectory or freeipa',
    takes: ldap.shape.preset,
    suggestion: () => 'openldap',
    after: 'ldapUrl',
  },
  {
    key: 'base',
    text: 'Where people are in it, such as ou=people,dc=example,dc=org',
    takes: ldap.shape.bases,
    after: 'ldapUrl',
  },
  {
    key: 'bindDn',
    text: 'Bind DN of Islet; leave it empty for an anonymous bind',
    takes: formats.text,
    after: 'ldapUrl',
    isOptional: true,
  },
  {
    key: 'caFile',
    text: 'File with the CA certificates to trust; leave it empty for those of the system',
    takes: formats.path,
    after: 'ldapUrl',
    isOptional: true,
  },
  {
    key: 'homeserver',
    text: 'Server name in the Matrix IDs of these people',
    takes: formats.serverName,
    suggestion: ({ serverName }) => serverName?.split('.').slice(1).join('.') || undefined,
    after: 'ldapUrl',
  },
  {
    key: 'smtpUrl',
    text: 'Mail relay, such as smtps://islet@mail.example.org',
    takes: formats.smtpUrl,
    isOptional: true,
  },
  {
    key: 'mailFrom',
    text: 'Sender address of mails',
    takes: formats.mailbox,
    suggestion: ({ serverName }) => `noreply@${serverName?.replace(/:\d+$/, '')}`,
    after: 'smtpUrl',
  },
];

/** Why an answer cannot be used together with those before it; `undefined` if it can. */
export type ProblemOf = (key: keyof InitAnswers, answers: InitAnswers) => string | undefined;

/**
 * Asks for the settings that no flag sets, and for those that a flag sets to something that cannot be used. Each answer
 * is checked at once, and asked for again. Without a prompt, uses the suggestions.
 */
export async function askAll(
  given: InitAnswers,
  prompt: Prompt | undefined,
  problemOf: ProblemOf,
): Promise<InitAnswers> {
  let answers = given;
  for (const question of questions) {
    const { key, after, suggestion } = question;
    if (after !== undefined && !answers[after]) continue;
    const problem =
      prompt && given[key] !== undefined ? problemWith(question, given[key], answers, problemOf) : undefined;
    if (given[key] !== undefined && problem === undefined) continue;
    const suggested = suggestion?.(answers);
    const answer = prompt ? await ask(prompt, question, suggested, answers, problemOf, problem) : suggested;
    answers = { ...answers, [key]: answer };
  }
  return answers;
}

async function ask(
  prompt: Prompt,
  question: Question,
  suggested: string | undefined,
  answers: InitAnswers,
  problemOf: ProblemOf,
  problem: string | undefined,
): Promise<string | undefined> {
  const { text, isOptional } = question;
  const hint = suggested ?? (isOptional ? 'none' : undefined);
  for (let reason = problem; ; ) {
    const complaint = reason === undefined ? '' : `This ${reason}.\n`;
    const typed = await prompt.ask(`${complaint}${text}${hint === undefined ? '' : ` [${hint}]`}: `);
    const answer = typed.trim() || suggested;
    if (answer === undefined && isOptional) return undefined;
    reason = problemWith(question, answer, answers, problemOf);
    if (reason === undefined) return answer;
  }
}

function problemWith(
  { key, takes }: Question,
  answer: string | undefined,
  answers: InitAnswers,
  problemOf: ProblemOf,
): string | undefined {
  return takes.safeParse(answer).error?.issues[0]?.message ?? problemOf(key, { ...answers, [key]: answer });
}
