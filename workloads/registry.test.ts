import { describe, expect, it } from 'vitest';
import { checkers, workloads } from './registry.ts';

const properties = checkers.flatMap((checker) => checker.properties.map(({ name }) => name));

describe('registry', () => {
  it('gives every property to one checker only', () => {
    expect(new Set(properties).size).toBe(properties.length);
  });

  it('has a checker for every property that a workload names', () => {
    for (const workload of workloads.values()) {
      expect(workload.properties.length).toBeGreaterThan(0);
      for (const name of workload.properties) expect(properties).toContain(name);
    }
  });
});
