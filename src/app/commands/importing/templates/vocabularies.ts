import type { Vocabulary } from './translate-text.js';
import { printableJson } from '../../../../domain/shared/printable.js';

const INVITE_KIND = '("a space" if isSpace else "a chat")';

/** Mails of Sydent about an address to be confirmed. */
export const SYDENT_VALIDATION: Vocabulary = {
  values: { link: 'link', token: 'token' },
  partsOfLink: new Set(),
};

/** Mails of Sydent about invitations. Its link carried the key of the invitation; so does `link`. */
export const SYDENT_INVITE: Vocabulary = {
  values: {
    sender: 'sender',
    sender_display_name: 'senderName',
    sender_avatar_url: 'senderAvatarUrl',
    room_name: 'roomName',
    bracketed_room_name: '("(" + roomName + ") ") if roomName else ""',
    bracketed_verified_sender: '"(" + sender + ") "',
    room_alias: 'roomAlias',
    room_avatar_url: 'roomAvatarUrl',
    room_type: '"m.space" if isSpace else ""',
    token: 'token',
  },
  partsOfLink: new Set(['web_client_location', 'ephemeral_private_key', 'room_id', 'guest_access_token']),
};

/** Text messages of Sydent. */
export const SYDENT_SMS: Vocabulary = { values: { token: 'token' }, partsOfLink: new Set() };

/** The page of Sydent after a link was opened. @param message what the page says */
export const sydentPage = (message: string): Vocabulary => ({
  values: { message: printableJson(message) },
  partsOfLink: new Set(),
});

const MA1SD = {
  DOMAIN: 'serverName',
  DOMAIN_PRETTY: 'brand.name',
  FROM_NAME: 'brand.name',
  RECIPIENT_MEDIUM: '"email"',
};

export const MA1SD_VALIDATION: Vocabulary = {
  values: { ...MA1SD, VALIDATION_LINK: 'link', VALIDATION_TOKEN: 'token' },
  partsOfLink: new Set(),
};

/** ma1sd linked to a page for registration; the link of Islet opens the room, and registers if necessary. */
export const MA1SD_INVITE: Vocabulary = {
  values: {
    ...MA1SD,
    SENDER_ID: 'sender',
    SENDER_NAME: 'senderName',
    SENDER_NAME_OR_ID: 'senderName or sender',
    INVITE_MEDIUM: '"email"',
    ROOM_NAME: 'roomName',
    ROOM_NAME_OR_ID: `roomName or ${INVITE_KIND}`,
  },
  partsOfLink: new Set(['REGISTER_URL']),
};

export const MA1SD_SMS: Vocabulary = { values: { VALIDATION_TOKEN: 'token' }, partsOfLink: new Set() };

/** A text without variables. */
export const NO_VARIABLES: Vocabulary = { values: {}, partsOfLink: new Set() };
