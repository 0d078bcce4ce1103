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

/** Asks for the settings that no flag sets. Without a prompt, uses the suggestions. */
export async function askAll(given: InitAnswers, prompt: Prompt | undefined): Promise<InitAnswers> {
  let answers = given;
  for (const question of questions) {
    const { key, after, suggestion } = question;
    if (answers[key] !== undefined || (after !== undefined && !answers[after])) continue;
    const suggested = suggestion?.(answers);
    const answer = prompt ? await ask(prompt, question, suggested) : suggested;
    answers = { ...answers, [key]: answer };
  }
  return answers;
}

async function ask(prompt: Prompt, { text, takes, isOptional }: Question, suggested: string | undefined) {
  let complaint = '';
  for (;;) {
    const hint = suggested ?? (isOptional ? 'none' : undefined);
    const typed = await prompt.ask(`${complaint}${text}${hint === undefined ? '' : ` [${hint}]`}: `);
    const answer = typed.trim() || suggested;
    if (answer === undefined && isOptional) return undefined;
    const { error } = takes.safeParse(answer);
    if (!error) return answer;
    complaint = `This ${error.issues[0]?.message}.\n`;
  }
}
