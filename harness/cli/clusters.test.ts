import { afterEach, describe, expect, it, vi } from 'vitest';
import type { MachinePart } from '../clusters/machine-part.ts';
import { UnavailableError } from '../model/errors.ts';
import { CLUSTERS, chooseCluster, lacking, parseCluster } from './clusters.ts';

const part = (found: boolean, optional = false): MachinePart => ({ name: 'a part', found, mend: 'get it', optional });

/** A machine on which only these clusters are whole. */
function machineWith(offered: readonly string[]): void {
  for (const entry of CLUSTERS) {
    vi.spyOn(entry, 'parts').mockResolvedValue([part(false, true), part(offered.includes(entry.name))]);
  }
}

describe('the choice of a cluster', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    [['docker', 'netns', 'local'], 'docker', 0],
    [['netns', 'local'], 'netns', 1],
    [['local'], 'local', 2],
  ])('of %j is %s', async (offered, chosen, passedOver) => {
    machineWith(offered);
    const choice = await chooseCluster(7, {});
    expect(choice.cluster).toBe(chosen);
    expect(choice.passedOver).toHaveLength(passedOver);
    for (const reason of choice.passedOver) expect(reason).toContain('it lacks a part (get it)');
  });

  it('passes over what does not carry so many members', async () => {
    machineWith(['docker', 'netns', 'local']);
    const choice = await chooseCluster(250, {});
    expect(choice.cluster).toBe('local');
    expect(choice.passedOver[0]).toMatch(/^not docker: it carries at most \d+ members$/);
  });

  it('is docker where engines are named', async () => {
    machineWith(['netns', 'local']);
    expect(await chooseCluster(7, {}, ['tcp://10.0.0.1:2375'])).toEqual({ cluster: 'docker', passedOver: [] });
  });

  it('never falls back on virtual time', async () => {
    machineWith([]);
    await expect(chooseCluster(7, {})).rejects.toThrow(UnavailableError);
    await expect(chooseCluster(7, {})).rejects.toThrow('get it');
  });

  it('is of known names', () => {
    for (const { name } of CLUSTERS) expect(parseCluster(name)).toBe(name);
    expect(parseCluster('auto')).toBe('auto');
    expect(() => parseCluster('cloud')).toThrow('sim, local, netns, docker or auto');
  });

  it('does not ask for what is optional', () => {
    expect(lacking([part(false, true), part(true)])).toEqual([]);
    expect(lacking([part(false)])).toHaveLength(1);
  });
});
