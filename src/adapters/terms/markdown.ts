import { Marked, type Token, type Tokens } from 'marked';

export interface RenderedMarkdown {
  /** The text of the first heading, which is not repeated in `html`; `undefined` if there is none. */
  readonly title: string | undefined;
  /** Sanitized: it has no scripts and loads nothing. */
  readonly html: string;
}

const markdown = new Marked({
  gfm: true,
  renderer: {
    // HTML is shown as text.
    html: ({ text }) => escape(text),
    image: ({ text }) => escape(text),
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      return isFollowed(href) ? `<a href="${escape(href)}" rel="noopener noreferrer">${text}</a>` : text;
    },
  },
});

/** Renders Markdown of an administrator: no HTML, no images; links only to web pages and mailboxes. */
export function renderMarkdown(text: string): RenderedMarkdown {
  const tokens = markdown.lexer(text);
  const heading = tokens.find((token): token is Tokens.Heading => token.type === 'heading');
  const html = markdown.parser(tokens.filter((token) => token !== heading));
  return { title: heading && plain(heading.tokens), html };
}

const isFollowed = (href: string): boolean => /^(?:https?:\/\/|mailto:|#)/i.test(href);

const plain = (tokens: readonly Token[]): string =>
  tokens
    .map((token) =>
      'tokens' in token && token.tokens ? plain(token.tokens) : 'text' in token ? token.text : token.raw,
    )
    .join('');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
