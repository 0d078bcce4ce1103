import { ADMIN_TOKEN, type Answer, type TestApp } from './test-app.js';

type Texts = Readonly<Record<string, string>>;

export interface AdminBrowser {
  cookie: string;
  /** What browsers add to a form of the page itself. */
  readonly own: Texts;
  get(path: string, headers?: Texts): Promise<Answer>;
  post(path: string, fields: Texts, headers?: Texts): Promise<Answer>;
  /** Asks for a link, and follows it. */
  signIn(name: string): Promise<AdminBrowser>;
  /** Sends the form of a page that has its token. */
  send(from: string, path: string, fields?: Texts): Promise<Answer>;
}

/** The value of a hidden field of a form. */
export const hiddenIn = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '';

/** Sends requests to the admin page as a browser does: with its cookie, and saying where a form comes from. */
export function adminBrowser(app: TestApp, always: Texts = {}): AdminBrowser {
  const browser: AdminBrowser = {
    cookie: '',
    own: { origin: `http://127.0.0.1:${app.adminPort}`, 'sec-fetch-site': 'same-origin' },

    async get(path, headers = {}) {
      return take(await app.callAdmin('GET', path, { headers: { cookie: browser.cookie, ...always, ...headers } }));
    },

    async post(path, fields, headers = browser.own) {
      const all = { cookie: browser.cookie, ...always, ...headers };
      return take(await app.callAdmin('POST', path, { body: new URLSearchParams(fields), headers: all }));
    },

    async signIn(name) {
      const { json } = await app.callAdmin('POST', '/sign-in-links', { token: ADMIN_TOKEN });
      await browser.post('/page/sign-in', { link: String(json.path).split('link=')[1] ?? '', name });
      return browser;
    },

    async send(from, path, fields = {}) {
      const formToken = hiddenIn((await browser.get(from)).text, 'form_token');
      return browser.post(path, { ...fields, form_token: formToken });
    },
  };
  const take = (answer: Answer): Answer => {
    const [, cookie] = /(islet_admin=\w*)/.exec(answer.headers.get('set-cookie') ?? '') ?? [];
    if (cookie !== undefined) browser.cookie = cookie;
    return answer;
  };
  return browser;
}
