import nunjucks, { type Environment } from 'nunjucks';
import type { ReadPreferences } from '../../domain/shared/message-preferences.js';
import type { InviteDetails, Message } from '../../ports/message-sender.js';
import { readBrand, type Brand } from './brand.js';
import { contentSecurityPolicy } from './content-security-policy.js';
import { directionOf, negotiate } from './languages.js';
import { SHIPPED_BRAND, SHIPPED_LANGUAGE, TemplateFiles } from './template-files.js';
import { oneLine } from './message-text.js';

export interface TemplateOptions {
  /** Custom files that override shipped ones of the same name. */
  readonly directory?: string | undefined;
  /** The brand for requests that name no brand, or an unknown one. */
  readonly brand: string;
  /** Brands for the users of some homeservers, by server name. */
  readonly brands?: Readonly<Record<string, string>> | undefined;
  /** The fallback language, for brands that define none. */
  readonly language: string;
  /** The name of this server in texts. */
  readonly serverName: string;
}

export interface Mail {
  readonly language: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A page and its `Content-Security-Policy` header: it has no scripts and loads nothing. */
export interface Page {
  readonly language: string;
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** The variables of the pages that are shown when a link is followed. */
export interface PageVariables {
  /** A page with a single button, which posts `fields` to `action`. */
  readonly confirm: {
    readonly medium: string;
    /** The address in a form that may be shown to anyone who has the link; `''` to show none. */
    readonly address: string;
    /** A URL of this server. */
    readonly action: string;
    readonly fields: Readonly<Record<string, string>>;
    /** Where the response to the button redirects to: http or https; `''` for no redirect. */
    readonly nextLink: string;
    /** The host of `nextLink`, for display; `''` if there is none. */
    readonly nextHost: string;
  };
  readonly validated: {
    readonly medium: string;
    /** Where to continue: http or https; `''` for no link. */
    readonly nextLink: string;
  };
  /** The link is wrong, or was invalidated by too many wrong codes. */
  readonly failed: { readonly medium: string };
  /** The link was valid but has expired. */
  readonly expired: { readonly medium: string };
}

export type PageName = keyof PageVariables;

/** The same limits as in Sydent. */
const LONGEST_DISPLAY_NAME = 20;
const LONGEST_ROOM_NAME = 30;
const LONGEST_ID = 60;

/**
 * All texts for users: mails, text messages and pages. Text from other users is reduced to one line, cut to a maximum
 * length, and escaped in HTML. Requests can only select existing brands and languages.
 */
export class Templates {
  private readonly files: TemplateFiles;
  private readonly brandsRead = new Map<string, Brand>();
  private readonly environments = new Map<string, Environment>();

  /** @throws if the directory cannot be read, or does not contain the brand */
  constructor(private readonly options: TemplateOptions) {
    this.files = new TemplateFiles(options.directory);
    for (const brand of [options.brand, ...Object.values(options.brands ?? {})]) {
      if (this.brands.includes(brand)) continue;
      throw new Error(`there is no template brand "${brand}"; there are: ${this.brands.join(', ')}`);
    }
    for (const brand of this.brands) this.brandsRead.set(brand, this.readBrand(brand));
  }

  get brands(): readonly string[] {
    return this.files.brands;
  }

  /**
   * The brand for messages caused by a user: the requested one if it exists, otherwise that of the user's homeserver.
   */
  brandFor(asked: string | undefined, homeserver: string | undefined): string | undefined {
    const { brands = {} } = this.options;
    if (asked !== undefined && this.brands.includes(asked)) return asked;
    return homeserver !== undefined && Object.hasOwn(brands, homeserver) ? brands[homeserver] : asked;
  }

  /** The languages in which texts of a brand exist, either its own or the shipped ones. */
  languages(brand: string): readonly string[] {
    return [...new Set([...this.files.languages(brand), ...this.files.languages(SHIPPED_BRAND)])];
  }

  renderMail(message: Message): Mail {
    const render = this.localized(message.preferences, `mail/${message.kind}`);
    const variables = variablesOf(message);
    return {
      language: render.language,
      subject: oneLine(render('subject', variables), 200),
      text: paragraphs(render('txt', variables)),
      html: render('html', variables),
    };
  }

  /** Contains only the code, so that it fits into one message. */
  renderSms(message: Message & { readonly kind: 'validation' }): string {
    return oneLine(this.localized(message.preferences, 'sms/validation')('txt', variablesOf(message)), 1000);
  }

  renderPage<Name extends PageName>(name: Name, variables: PageVariables[Name], preferences: ReadPreferences): Page {
    const render = this.localized(preferences, `page/${name}`);
    const html = render('html', variables);
    const nextLink = 'nextLink' in variables ? variables.nextLink : '';
    return { language: render.language, html, contentSecurityPolicy: contentSecurityPolicy(html, nextLink) };
  }

  /**
   * A document of the administrator, in the page layout and in its own language.
   *
   * @param html sanitized HTML
   */
  renderDocument(document: { language: string; title: string; html: string }, preferences: ReadPreferences): Page {
    const { language, title, html: content } = document;
    const variables = { language, direction: directionOf(language), heading: title, content };
    const html = this.localized(preferences, 'document')('html', variables);
    return { language, html, contentSecurityPolicy: contentSecurityPolicy(html, '') };
  }

  /** The names of all template files, for example `islet/en/mail/invite.txt.njk`. */
  get names(): readonly string[] {
    return this.files.names.filter((name) => name.endsWith('.njk'));
  }

  /** The content of a template file by its name. @throws if it is missing */
  readText(name: string): string {
    const text = this.files.read(name);
    if (text === undefined) throw new Error(`template ${name} is missing`);
    return text;
  }

  /**
   * Renders the parts of one text, all in the brand and language that suit its reader best.
   *
   * @param stem of the files that exist per language
   * @param file the template, if it is the same for all languages
   */
  localized(preferences: ReadPreferences, stem: string, file = stem) {
    const brand = this.brands.find((name) => name === preferences.brand) ?? this.options.brand;
    const language = this.languageFor(preferences.acceptLanguage, brand, stem);
    const common = {
      brand: this.brandsRead.get(brand),
      language,
      direction: directionOf(language),
      serverName: this.options.serverName,
    };
    const render = (part: 'subject' | 'txt' | 'html' | 'css', variables: object) =>
      this.environment(brand, language, part === 'html').render(`${file}.${part}.njk`, { ...common, ...variables });
    return Object.assign(render, { language });
  }

  /**
   * The languages of the brand's own template for this text are used if there are any, otherwise those of the shipped
   * one.
   */
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
