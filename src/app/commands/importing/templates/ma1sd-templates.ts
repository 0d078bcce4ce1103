import type { YamlTree } from '../yaml-tree.js';
import { OWN_BRAND } from './sydent-templates.js';
import type { TemplateFolder } from './template-folder.js';
import { ma1sdTokens } from './tokens.js';
import { TranslatedTemplates } from './translated-templates.js';
import { MA1SD_INVITE, MA1SD_SMS, MA1SD_VALIDATION, NO_VARIABLES } from './vocabularies.js';

const GENERATORS = (medium: string) => `threepid.medium.${medium}.generators.template`;

/** Translates the templates that a ma1sd.yaml names. @param language the language they are in */
export function ma1sdTemplates(conf: YamlTree, files: TemplateFolder, language: string): TranslatedTemplates {
  const templates = new TranslatedTemplates(language);
  const named = (option: string, add: (path: string, text: string) => void) => {
    const path = conf.text(option);
    // Its built-in ones need no translation.
    if (path === undefined || path.startsWith('classpath:')) return;
    const text = files.read(path);
    if (text === undefined) templates.notes.push(`${path} cannot be read`);
    else add(path, text);
  };
  const mail = (message: string, vocabulary: typeof MA1SD_INVITE) => (path: string, text: string) =>
    templates.addMail(OWN_BRAND, message, path, text, { tokenize: ma1sdTokens, vocabulary });
  const page = (stem: string) => (path: string, text: string) => {
    templates.checkPage(path, text);
    templates.addText(OWN_BRAND, `page/${stem}.html`, path, text, { tokenize: ma1sdTokens, vocabulary: NO_VARIABLES });
  };
  named(`${GENERATORS('email')}.invite`, mail('invite', MA1SD_INVITE));
  named(`${GENERATORS('email')}.session.validation`, mail('validation', MA1SD_VALIDATION));
  named(`${GENERATORS('msisdn')}.session.validation`, (path, text) =>
    templates.addText(OWN_BRAND, 'sms/validation.txt', path, text, { tokenize: ma1sdTokens, vocabulary: MA1SD_SMS }),
  );
  for (const view of ['view.session.onTokenSubmit', 'view.session.local.onTokenSubmit']) {
    named(`${view}.success`, page('validated'));
    named(`${view}.failure`, page('failed'));
    named(`${view}.failure`, page('expired'));
  }
  return templates;
}
