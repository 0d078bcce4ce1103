import nunjucks, { type Environment } from 'nunjucks';
import type { ReadPreferences } from '../../domain/shared/message-preferences.js';
import type { InviteDetails, Message } from '../../ports/message-sender.js';
import { readBrand, type Brand } from './brand.js';
import { contentSecurityPolicy } from './content-security-policy.js';
import { directionOf, negotiate } from './languages.js';
import { SHIPPED_BRAND, SHIPPED_LANGUAGE, TemplateFiles } from './template-files.js';
import { oneLine } from './message-text.js';

export interface TemplateOptions {
  /** The administrator's own files, each in place of the shipped one of the same name. */
  readonly directory?: string | undefined;
  /** For requests that name no brand, or none that exists. */
  readonly brand: string;
  /** Brands of the users of some homeservers, by server name. */
  readonly brands?: Readonly<Record<string, string>> | undefined;
  /** For readers who want no language that exists, of a brand that names none. */
  readonly language: string;
  /** Our name, as texts show it. */
  readonly serverName: string;
}

export interface Mail {
  readonly language: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A page to be answered with its policy in `Content-Security-Policy`: it has no script and loads nothing. */
export interface Page {
  readonly language: string;
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** What the pages for people who follow a link are told. */
export interface PageVariables {
  /** Asks for one press of a button, which posts `fields` to `action`. */
  readonly confirm: {
    readonly medium: string;
    /** As it may be shown to whoever has the link; `''` for not at all. */
    readonly address: string;
    /** A URL of ours. */
    readonly action: string;
    readonly fields: Readonly<Record<string, string>>;
    /** Where the answer to the button redirects to: http or https, `''` for nowhere. */
    readonly nextLink: string;
    /** The host in it, to be shown; `''` for nowhere. */
    readonly nextHost: string;
  };
  readonly validated: {
    readonly medium: string;
    /** Where to go on: http or https, `''` for nowhere. */
    readonly nextLink: string;
  };
  /** The link is wrong, or was made useless by too many wrong codes. */
  readonly failed: { readonly medium: string };
  /** The link was right once. */
  readonly expired: { readonly medium: string };
}

export type PageName = keyof PageVariables;

/** Sydent's figures, which people's inboxes are used to. */
const LONGEST_DISPLAY_NAME = 20;
const LONGEST_ROOM_NAME = 30;
const LONGEST_ID = 60;

/**
 * All texts for people: mails, text messages, pages. What a text says of others is one line and cut
 * to length, and escaped where it stands in HTML. Requests only ever choose among the brands and
 * languages that there are.
 */
export class Templates {
  private readonly files: TemplateFiles;
  private readonly brandsRead = new Map<string, Brand>();
  private readonly environments = new Map<string, Environment>();

  /** @throws if the directory cannot be read, or the brand is in none */
  constructor(private readonly options: TemplateOptions) {
    this.files = new TemplateFiles(options.directory);
    for (const brand of [options.brand, ...Object.values(options.brands ?? {})]) {
      if (this.brands.includes(brand)) continue;
      throw new Error(`there is no template brand "${brand}", only ${this.brands.join(', ')}`);
    }
    for (const brand of this.brands) this.brandsRead.set(brand, this.readBrand(brand));
  }

  get brands(): readonly string[] {
    return this.files.brands;
  }

  /**
   * The brand of texts that somebody causes: the one asked for if there is such a one, else that of
   * the user's homeserver.
   */
  brandFor(asked: string | undefined, homeserver: string | undefined): string | undefined {
    const { brands = {} } = this.options;
    if (asked !== undefined && this.brands.includes(asked)) return asked;
    return homeserver !== undefined && Object.hasOwn(brands, homeserver) ? brands[homeserver] : asked;
  }

  /** The languages in which texts of a brand exist, be they its own or the shipped ones. */
  languages(brand: string): readonly string[] {
    return [...new Set([...this.files.languages(brand), ...this.files.languages(SHIPPED_BRAND)])];
  }

  renderMail(message: Message): Mail {
    const render = this.inWordsOf(message.preferences, `mail/${message.kind}`);
    const variables = variablesOf(message);
    return {
      language: render.language,
      subject: oneLine(render('subject', variables), 200),
      text: paragraphs(render('txt', variables)),
      html: render('html', variables),
    };
  }

  /** The code alone: a text message should fit one. */
  renderSms(message: Message & { readonly kind: 'validation' }): string {
    return oneLine(this.inWordsOf(message.preferences, 'sms/validation')('txt', variablesOf(message)), 1000);
  }

  renderPage<Name extends PageName>(name: Name, variables: PageVariables[Name], preferences: ReadPreferences): Page {
    const render = this.inWordsOf(preferences, `page/${name}`);
    const html = render('html', variables);
    const goesTo = 'nextLink' in variables ? variables.nextLink : '';
    return { language: render.language, html, contentSecurityPolicy: contentSecurityPolicy(html, goesTo) };
  }

  /**
   * A document of the administrator's, in the layout of the pages and in a language of its own.
   *
   * @param html safe to be shown as it is
   */
  renderDocument(document: { language: string; title: string; html: string }, preferences: ReadPreferences): Page {
    const { language, title, html: content } = document;
    const variables = { language, direction: directionOf(language), heading: title, content };
    const html = this.inWordsOf(preferences, 'document')('html', variables);
    return { language, html, contentSecurityPolicy: contentSecurityPolicy(html, '') };
  }

  /** Renders the parts of one text, all in the brand and language that suit its reader best. */
  private inWordsOf(preferences: ReadPreferences, stem: string) {
    const brand = this.brands.find((name) => name === preferences.brand) ?? this.options.brand;
    const language = this.languageFor(preferences.acceptLanguage, brand, stem);
    const common = {
      brand: this.brandsRead.get(brand),
      language,
      direction: directionOf(language),
      serverName: this.options.serverName,
    };
    const render = (part: 'subject' | 'txt' | 'html', variables: object) =>
      this.environment(brand, language, part === 'html').render(`${stem}.${part}.njk`, { ...common, ...variables });
    return Object.assign(render, { language });
  }

  /** A brand that has words of its own for a text has them in its languages; one that has none, in the shipped ones. */
  private languageFor(acceptLanguage: string | undefined, brand: string, stem: string): string {
    const own = this.files.languages(brand, `${stem}.`);
    const available = own.length ? own : this.files.languages(SHIPPED_BRAND, `${stem}.`);
    const wanted =
      negotiate(acceptLanguage, available) ??
      negotiate(this.brandsRead.get(brand)?.language, available) ??
      negotiate(this.options.language, available);
    if (wanted !== undefined) return wanted;
    return available.find((language) => language === SHIPPED_LANGUAGE) ?? available[0] ?? SHIPPED_LANGUAGE;
  }

  private environment(brand: string, language: string, isHtml: boolean): Environment {
    const key = `${brand} ${language} ${isHtml}`;
    let environment = this.environments.get(key);
    if (!environment) {
      environment = new nunjucks.Environment(
        { getSource: (name: string) => this.source(brand, language, name) },
        { autoescape: isHtml, throwOnUndefined: true, trimBlocks: true, lstripBlocks: true },
      );
      this.environments.set(key, environment);
    }
    return environment;
  }

  private source(brand: string, language: string, name: string) {
    for (const folder of [
      `${brand}/${language}`,
      brand,
      `${SHIPPED_BRAND}/${language}`,
      `${SHIPPED_BRAND}/${SHIPPED_LANGUAGE}`,
      SHIPPED_BRAND,
    ]) {
      const src = this.files.read(`${folder}/${name}`);
      if (src !== undefined) return { src, path: this.files.path(`${folder}/${name}`) ?? name, noCache: false };
    }
    throw new Error(`template ${name} is missing`);
  }

  private readBrand(brand: string): Brand {
    const fileOf = (name: string) => this.files.read(`${name}/brand.yaml`) ?? '';
    try {
      return readBrand(fileOf(brand), fileOf(SHIPPED_BRAND));
    } catch (cause) {
      throw new Error(`${brand}/brand.yaml: ${cause instanceof Error ? cause.message : ''}`, { cause });
    }
  }
}

function variablesOf(message: Message): object {
  if (message.kind === 'validation') return { token: message.token, link: message.link };
  const others = (message.others ?? []).map(({ link, invite }) => ({ link, ...inviteWords(invite) }));
  return { link: message.link, ...inviteWords(message.invite), others };
}

const inviteWords = (invite: InviteDetails) => ({
  sender: oneLine(invite.sender, LONGEST_ID),
  senderName: oneLine(invite.senderDisplayName, LONGEST_DISPLAY_NAME),
  roomName: oneLine(invite.roomName, LONGEST_ROOM_NAME) || oneLine(invite.roomAlias, LONGEST_ID),
  isSpace: invite.roomType === 'm.space',
  token: oneLine(invite.token, LONGEST_ID),
  roomAlias: oneLine(invite.roomAlias, LONGEST_ID),
  roomAvatarUrl: oneLine(invite.roomAvatarUrl, LONGEST_ID),
  senderAvatarUrl: oneLine(invite.senderAvatarUrl, LONGEST_ID),
});

const paragraphs = (text: string): string => `${text.trim().replace(/\n{3,}/g, '\n\n')}\n`;
