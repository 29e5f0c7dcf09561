import { describe, expect, it } from 'vitest';
import { exactMessage, isWhole } from './message-shape.ts';

type Message = { readonly k: 'a'; readonly x: number } | { readonly k: 'b' };

const FIELDS = { a: ['x'], b: [] } as const;
const CHECKS = { x: (value: unknown) => isWhole(value, 0, 9) };
const decode = (raw: unknown, optional?: string) => exactMessage<Message, 'x'>(raw, FIELDS, CHECKS, optional);

describe('exactMessage', () => {
  it.each([{ k: 'a', x: 0 }, { k: 'a', x: 9 }, { k: 'b' }])('lets %j through as it is', (raw) => {
    expect(decode(raw)).toBe(raw);
  });

  it.each<[string, unknown]>([
    ['what is no object', 7],
    ['nothing', null],
    ['a list', ['a']],
    ['no kind', { x: 1 }],
    ['an unknown kind', { k: 'c' }],
    ['a kind out of the prototype', { k: 'toString' }],
    ['a kind that is no text', { k: ['a'], x: 1 }],
    ['a missing field', { k: 'a' }],
    ['a field too many', { k: 'b', x: 1 }],
    ['another field in its place', { k: 'a', y: 1 }],
    ['a field out of the prototype', Object.assign(Object.create({ x: 1 }), { k: 'a', y: 1 })],
    ['a field out of range', { k: 'a', x: 10 }],
  ])('refuses %s', (_, raw) => {
    expect(decode(raw)).toBeUndefined();
  });

  it('leaves an optional field to the caller, and no other one', () => {
    expect(decode({ k: 'b', g: 'anything' }, 'g')).toEqual({ k: 'b', g: 'anything' });
    expect(decode({ k: 'b', g: 1, h: 2 }, 'g')).toBeUndefined();
    expect(decode({ k: 'b', g: 1 })).toBeUndefined();
  });
});

it('isWhole takes both bounds, and neither fractions nor texts', () => {
  expect([0, 3, 9].every((value) => isWhole(value, 0, 9))).toBe(true);
  expect([-1, 10, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null].some((value) => isWhole(value, 0, 9))).toBe(
    false,
  );
});
