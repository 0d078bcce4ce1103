import type { ReadPreferences } from '../../domain/shared/message-preferences.js';
import type { Message } from '../../ports/message-sender.js';
import type { PageName, PageVariables, Templates } from './templates.js';
import { jinjaConditions } from './jinja-conditions.js';
import { errorText } from '../../domain/shared/error-text.js';

/** Sample data of pages, for previews and checks. */
export const samplePages: PageVariables = {
  confirm: {
    medium: 'email',
    address: 'alice@example.org',
    action: '/_matrix/identity/v2/validate/email/submitToken',
    fields: { sid: '1', client_secret: 'monkeys_are_GREAT', token: 'atoken' },
    nextLink: 'https://app.example.org/welcome',
    nextHost: 'app.example.org',
  },
  validated: { medium: 'email', nextLink: 'https://app.example.org/welcome' },
  failed: { medium: 'email' },
  expired: { medium: 'msisdn' },
};

export const pageNames = Object.keys(samplePages) as readonly PageName[];

/** Sample messages. */
export const sampleMessages = (preferences: ReadPreferences): readonly Message[] => [
  {
    kind: 'validation',
    token: 'k7Jq2mXb9TfR4wZc8NvH3sLd6PgY5aUe',
    link: 'https://id.example.org/_matrix/identity/v2/validate/email/submitToken?sid=1&client_secret=abc&token=atoken',
    preferences,
  },
  ...[undefined, 'm.space'].map((roomType) => ({
    kind: 'invite' as const,
    link: 'https://app.example.org/#/room/!garden:example.org?email=bob%40example.net',
    invite: {
      sender: '@alice:example.org',
      senderDisplayName: 'Alice',
      roomName: 'Garden Club',
      roomAlias: '#garden:example.org',
      roomAvatarUrl: undefined,
      roomType,
    },
    others: [
      {
        link: 'https://app.example.org/#/room/!chat:example.org?email=bob%40example.net',
        invite: {
          sender: '@carol:example.org',
          senderDisplayName: undefined,
          roomName: undefined,
          roomAlias: undefined,
          roomAvatarUrl: undefined,
          roomType: undefined,
        },
      },
    ],
    preferences,
  })),
];

/** The same pages with minimal data. */
const barePages: PageVariables = {
  confirm: { ...samplePages.confirm, medium: 'msisdn', address: '', nextLink: '' },
  validated: { medium: 'msisdn', nextLink: '' },
  failed: { medium: 'msisdn' },
  expired: { medium: 'email' },
};

/** The message without display names of people and rooms. */
const withoutNames = (message: Message): Message =>
  message.kind === 'validation'
    ? message
    : {
        ...message,
        invite: { ...message.invite, senderDisplayName: undefined, roomName: undefined, roomAlias: undefined },
      };

/** Renders everything in every brand and language. @returns the problems, one line each */
export function checkTemplates(templates: Templates): readonly string[] {
  const problems = new Set<string>();
  const attempt = (name: string, render: () => unknown) => {
    try {
      render();
    } catch (error) {
      problems.add(`${name}: ${errorText(error).replace(/\s+/g, ' ')}`);
    }
  };
  for (const name of templates.names) {
    for (const problem of jinjaConditions(templates.readText(name))) problems.add(`${name}: ${problem}`);
  }
  for (const brand of templates.brands) {
    for (const acceptLanguage of templates.languages(brand)) {
      const preferences = { brand, acceptLanguage };
      for (const message of sampleMessages(preferences).flatMap((sample) => [sample, withoutNames(sample)])) {
        attempt(`${brand}/${acceptLanguage}/mail/${message.kind}`, () => templates.renderMail(message));
        if (message.kind !== 'validation') continue;
        attempt(`${brand}/${acceptLanguage}/sms/${message.kind}`, () => templates.renderSms(message));
      }
      for (const name of pageNames) {
        for (const pages of [samplePages, barePages]) {
          attempt(`${brand}/${acceptLanguage}/page/${name}`, () =>
            templates.renderPage(name, pages[name], preferences),
          );
        }
      }
    }
  }
  return [...problems];
}
