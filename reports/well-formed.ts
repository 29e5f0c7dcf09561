/** Test support: a tiny checker that says what is wrong with an XML text, for the parts of XML that we write. */
export function xmlFault(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these may not stand in XML at all
  const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.exec(text);
  if (forbidden) return `forbidden character at ${forbidden.index}`;
  let rest = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const open: string[] = [];
  const tag = /^<(\/?)([A-Za-z][\w.-]*)((?:\s+[A-Za-z][\w.-]*="[^"<]*")*)\s*(\/?)>/;
  let roots = 0;
  while (rest !== '') {
    const words = /^[^<]+/.exec(rest)?.[0] ?? '';
    const stray = strayAmpersand(words);
    if (stray !== undefined) return stray;
    if (words.includes(']]>')) return 'a bare ]]>';
    if (open.length === 0 && words.trim() !== '') return `text outside the root: ${words.slice(0, 40)}`;
    rest = rest.slice(words.length);
    if (rest === '') break;
    const match = tag.exec(rest);
    if (match === null) return `no tag at: ${rest.slice(0, 60)}`;
    const [whole, closing, name = '', attributes = '', empty] = match;
    const names = [...attributes.matchAll(/\s([A-Za-z][\w.-]*)="/g)].map((found) => found[1]);
    if (new Set(names).size !== names.length) return `an attribute twice in <${name}>`;
    const strayInside = strayAmpersand(attributes);
    if (strayInside !== undefined) return strayInside;
    if (closing === '/') {
      if (open.pop() !== name) return `</${name}> closes something else`;
    } else {
      if (open.length === 0) roots++;
      if (empty !== '/') open.push(name);
    }
    rest = rest.slice(whole.length);
  }
  if (open.length > 0) return `<${open.at(-1)}> is not closed`;
  return roots === 1 ? undefined : `${roots} roots`;
}

function strayAmpersand(text: string): string | undefined {
  const stray = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/.exec(text);
  return stray === null ? undefined : `a bare & at: ${text.slice(stray.index, stray.index + 30)}`;
}
