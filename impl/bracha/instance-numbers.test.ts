import { describe, expect, it } from 'vitest';
import { InstanceNumbers } from './instance-numbers.ts';

describe('InstanceNumbers', () => {
  it('gives each instance one number, however large its parts are', () => {
    const numbers = new InstanceNumbers();
    const large = [1, 0xffffffff, Number.MAX_SAFE_INTEGER];
    const instances = [0, 1, 6].flatMap((origin) =>
      large.flatMap((life) => large.map((sequence) => [origin, life, sequence] as const)),
    );
    const given = instances.map((instance) => numbers.of(...instance));
    expect(given).toEqual(instances.map((_, i) => i));
    expect(instances.map((instance) => numbers.of(...instance))).toEqual(given);
    expect(instances.map((instance) => numbers.find(...instance))).toEqual(given);
  });

  it('finds nothing that was never asked for, and gives it no number by looking', () => {
    const numbers = new InstanceNumbers();
    expect(numbers.find(2, 1, 1)).toBeUndefined();
    numbers.of(2, 1, 1);
    expect(numbers.find(2, 1, 2)).toBeUndefined();
    expect(numbers.find(2, 2, 1)).toBeUndefined();
    expect(numbers.find(1, 1, 1)).toBeUndefined();
    expect(numbers.of(2, 1, 2)).toBe(1);
  });
});
