/**
 * Everything from a plan or a history is hostile text. It reaches a page only through `html`, which escapes whatever is
 * not `Markup` already, and a chart only through `plain`, after which the renderer escapes it.
 */

/** HTML that is known to be well formed and escaped. Made by `html`, or by `trusted` for what our own code drew. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Characters that are invisible, reorder text, end lines in scripts, or may not stand in XML. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is made visible
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|\p{Surrogate}/gu;

/** The same text with every invisible or ill-formed character written out (`\u2028`); newlines and tabs become spaces. */
export function plain(text: string): string {
  return text.replace(UNSEEN, (character) => {
    if (character === '\n' || character === '\r' || character === '\t') return ' ';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** At most `length` characters, with an honest mark where it was cut. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Fit for element content and quoted attribute values of HTML and XML 1.0. */
export function escapeText(text: string): string {
  return plain(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

export type Piece = Markup | string | number | undefined | false | readonly Piece[];

function render(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  if (piece === undefined || piece === false) return '';
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return escapeText(piece);
  return piece.map(render).join('');
}

/** Template tag: the template's own text is HTML, every value is escaped unless it is `Markup`. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  let text = strings[0] ?? '';
  for (let i = 0; i < values.length; i++) text += render(values[i]) + (strings[i + 1] ?? '');
  return new Markup(text);
}

/** For markup that our own code made and escaped, such as a drawn chart. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** Attributes of a box that scrolls sideways on narrow screens: reached by keyboard, and named when it is. */
export const SCROLLS = trusted('tabindex="0" role="group" aria-label="Table, may be scrolled sideways"');
