import type { PythonConfig } from '../python-config.js';
import type { TemplateFolder } from './template-folder.js';
import { braceTokens, jinjaTokens, percentTokens } from './tokens.js';
import { type Dialect, TranslatedTemplates } from './translated-templates.js';
import { NO_VARIABLES, SYDENT_INVITE, SYDENT_SMS, SYDENT_VALIDATION, sydentPage } from './vocabularies.js';

/** The brand for templates that belong to none. */
export const OWN_BRAND = 'own';

/** What the pages say in place of Sydent's sentences. */
const PAGES = {
  validated: 'Your address is confirmed. You can go back to your Matrix app.',
  failed: 'This link does not work. Ask for another one in your Matrix app.',
  expired: 'This link has expired. Ask for another one in your Matrix app.',
};

/** Translates the templates of Sydent, of all its brands. @param language the language they are in */
export function sydentTemplates(conf: PythonConfig, files: TemplateFolder, language: string): TranslatedTemplates {
  const templates = new TranslatedTemplates(language);
  const root = conf.get('general', 'templates.path') ?? 'res';
  const brands = files.folders(root).filter((name) => /^[\w-]{1,50}$/.test(name));
  const used = new Set<string>();
  for (const brand of brands) {
    const mail = (file: string, message: string, vocabulary: Dialect['vocabulary']) => {
      const path = `${root}/${brand}/${file}`;
      const [newer, older] = [files.read(`${path}.j2`), files.read(path)];
      if (newer !== undefined)
        templates.addMail(brand, message, `${path}.j2`, newer, { tokenize: jinjaTokens, vocabulary });
      else if (older !== undefined)
        templates.addMail(brand, message, path, older, { tokenize: percentTokens, vocabulary });
      if (newer !== undefined || older !== undefined) used.add(brand);
    };
    mail('verification_template.eml', 'validation', SYDENT_VALIDATION);
    mail('invite_template.eml', 'invite', SYDENT_INVITE);
    const path = `${root}/${brand}/verify_response_template.html`;
    const page = files.read(path);
    if (page !== undefined) addPages(templates, brand, path, page);
  }
  addNamed(conf, files, templates, used);
  addSubjects(conf, templates, used.size > 0 ? [...used] : [OWN_BRAND]);
  return templates;
}

function addPages(templates: TranslatedTemplates, brand: string, path: string, page: string): void {
  templates.checkPage(path, page);
  for (const [stem, message] of Object.entries(PAGES)) {
    templates.addText(brand, `page/${stem}.html`, path, page, {
      tokenize: percentTokens,
      vocabulary: sydentPage(message),
    });
  }
}

/** Templates that the configuration names one by one. */
function addNamed(conf: PythonConfig, files: TemplateFolder, templates: TranslatedTemplates, used: Set<string>): void {
  const named = (section: string, key: string, add: (path: string, text: string) => void) => {
    const path = conf.get(section, key);
    if (path === undefined || path === '') return;
    const text = files.read(path);
    if (text === undefined) templates.notes.push(`${path} cannot be read`);
    else {
      add(path, text);
      used.add(OWN_BRAND);
    }
  };
  named('email', 'email.template', (path, text) =>
    templates.addMail(OWN_BRAND, 'validation', path, text, { tokenize: percentTokens, vocabulary: SYDENT_VALIDATION }),
  );
  named('email', 'email.invite_template', (path, text) =>
    templates.addMail(OWN_BRAND, 'invite', path, text, { tokenize: percentTokens, vocabulary: SYDENT_INVITE }),
  );
  named('http', 'verify_response_template', (path, text) => addPages(templates, OWN_BRAND, path, text));
}

/** Subjects and the text message, which are in the configuration itself. */
function addSubjects(conf: PythonConfig, templates: TranslatedTemplates, brands: readonly string[]): void {
  const invite = conf.get('email', 'email.invite.subject');
  const space = conf.get('email', 'email.invite.subject_space');
  const subject = conf.get('email', 'email.subject');
  const message = conf.get('sms', 'bodytemplate');
  for (const brand of brands) {
    const add = (stem: string, name: string, text: string | undefined, dialect: Dialect) => {
      if (text) templates.addText(brand, stem, name, text, dialect);
    };
    add('mail/validation.subject', 'email.subject', subject, { tokenize: percentTokens, vocabulary: NO_VARIABLES });
    const dialect = { tokenize: percentTokens, vocabulary: SYDENT_INVITE };
    add('mail/invite.subject', 'email.invite.subject', invite, dialect);
    if (invite && space && space !== invite) {
      const room = templates.textOf(brand, 'mail/invite.subject');
      add('mail/invite.subject', 'email.invite.subject_space', space, dialect);
      templates.combine(brand, 'mail/invite.subject', room);
    }
    add('sms/validation.txt', 'bodyTemplate', message, { tokenize: braceTokens, vocabulary: SYDENT_SMS });
  }
}
