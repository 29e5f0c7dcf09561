/** `--property NAME`, as several commands take it, or a file that names one. */
import { checkers } from '../../workloads/registry.ts';
import { UserError } from '../model/errors.ts';

/** Throws a UserError for what no checker judges. */
export function parseProperty(name: string, what = '--property'): string {
  const known = [...new Set(checkers.flatMap((checker) => checker.properties.map((property) => property.name)))];
  if (known.includes(name)) return name;
  throw new UserError(`${what} is not known`, name, `take one of ${known.join(', ')}`);
}
