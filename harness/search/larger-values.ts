/** Operations with more, or less, in them: where the amount of data breaks something, a few large values show it. */
import type { Data } from '../../impl/protocol.ts';
import type { PlannedOperation } from '../model/plan.ts';

/** Maps, rumors and broadcasts take values of so many bytes. */
const LARGE = 512;
/** What a value is filled up with; seen at a glance, and taken off again where it is not needed. */
const FILL = '.';

/** The same operation with its text as long as it may be; itself where it has none, or a longer one. */
export function withLargeValue(operation: PlannedOperation): PlannedOperation {
  return withText(operation, (text) => text.padEnd(LARGE, FILL));
}

/** With none of what was filled in, or with half of it; none where nothing was. Best candidates first. */
export function withSmallerValue(operation: PlannedOperation): readonly PlannedOperation[] {
  const found: PlannedOperation[] = [];
  withText(operation, (text) => {
    const bare = text.replace(/\.+$/, '');
    const filled = text.length - bare.length;
    for (const kept of new Set([0, Math.floor(filled / 2)])) {
      if (kept < filled && bare !== '') found.push(withText(operation, () => bare.padEnd(bare.length + kept, FILL)));
    }
    return text;
  });
  return found;
}

/** Changes the text that is written or broadcast: the value itself, or its field `value`. */
function withText(operation: PlannedOperation, change: (text: string) => string): PlannedOperation {
  const { value } = operation;
  if (typeof value === 'string') return { ...operation, value: change(value) };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return operation;
  const fields = value as { readonly [key: string]: Data | undefined };
  if (typeof fields.value !== 'string') return operation;
  return { ...operation, value: { ...fields, value: change(fields.value) } };
}
