/** Parsers of flags that several commands share. Every mistake is a UserError. */
import { UserError } from '../model/errors.ts';

/** A flag given twice would silently mean its last value. */
export function once<T>(flag: string, parse: (text: string) => T): (text: string, previous: T | undefined) => T {
  return (text, previous) => {
    if (previous !== undefined) throw new UserError(`${flag} is given twice`, text, 'give it once');
    return parse(text);
  };
}

/** One of a few words. */
export function choice<T extends string>(flag: string, values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text);
    if (found !== undefined) return found;
    throw new UserError(`${flag} is not known`, text, `take ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
  };
}

/** Values between commas, each of them parsed. */
export function listOf<T>(flag: string, parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => {
    const parts = text.split(',');
    if (parts.some((part) => part.trim() === '')) {
      throw new UserError(`${flag} is no list`, text, `write values with commas between them, such as ${flag} a,b`);
    }
    return parts.map((part) => parse(part.trim()));
  };
}
