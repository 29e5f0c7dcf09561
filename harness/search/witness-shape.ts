/** What two failures have in common although names, times and values differ. */
import type { PropertyResult } from '../model/verdict.ts';

/** Members, numbers and quoted values become placeholders; repeated ones one of them. */
export function witnessShape({ witness, reason }: Pick<PropertyResult, 'witness' | 'reason'>): string {
  // Up to the first full stop that ends a sentence: what follows gives details.
  const [sentence = ''] = (witness?.summary ?? reason).split(/(?<=[a-z)])\.\s/);
  return sentence
    .replace(/"[^"]*"/g, 'VALUE')
    .replace(/\b[a-z]\w*\d+(?:\/\d+)*\b/g, 'NAME')
    .replace(/-?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?/g, '#')
    .replace(/(NAME|VALUE|#)(?:(?:,| and|, and|\/|:)?\s?\1)+/g, '$1')
    .slice(0, 160);
}
