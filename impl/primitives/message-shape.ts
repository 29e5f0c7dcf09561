/** Checks of what arrives: whole numbers, and messages that have the fields of their kind and no others. Never throws. */

/** Whether it is a whole number within these bounds, both included. */
export function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

/**
 * The message, where it is one: an object with `k`, its kind, and exactly the fields of that kind, each of which passes
 * its check. `optional` names a field that any of them may have, and that is left for the caller to check.
 */
export function exactMessage<Message extends { readonly k: string }, Field extends string>(
  raw: unknown,
  fieldsByKind: Readonly<Record<Message['k'], readonly Field[]>>,
  checks: Readonly<Record<Field, (value: unknown) => boolean>>,
  optional?: string,
): Message | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const fields = raw as Record<string, unknown>;
  const kind = fields.k;
  if (typeof kind !== 'string' || !Object.hasOwn(fieldsByKind, kind)) return undefined;
  const own: readonly Field[] = fieldsByKind[kind as Message['k']];
  const more = optional !== undefined && Object.hasOwn(fields, optional) ? 1 : 0;
  if (Object.keys(fields).length !== own.length + 1 + more) return undefined;
  for (const field of own) if (!Object.hasOwn(fields, field) || !checks[field](fields[field])) return undefined;
  return raw as Message;
}
