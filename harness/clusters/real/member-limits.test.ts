import { expect, it } from 'vitest';
import type { PlannedFault } from '../../model/fault.ts';
import { JointMakers } from './joint-makers.ts';
import { type LimitedMember, MemberLimits } from './member-limits.ts';
import type { FaultMaker } from './site.ts';

const window = { atMs: 0, untilMs: 1 };
const cpu = (id: string, share: number, targets = ['n1']): PlannedFault => ({
  id,
  type: 'cpu',
  targets,
  share,
  ...window,
});
const full: PlannedFault = { id: 'd', type: 'disk-full', targets: ['n1'], ...window };
const loss: PlannedFault = { id: 'l', type: 'loss', links: 'all', probability: 0.5, ...window };

function limited(name: string, done: string[], over: Partial<LimitedMember> = {}): LimitedMember {
  return {
    name,
    limitCpu: async (share) => void done.push(`${name} ${share}`),
    disk: { fill: async () => void done.push(`${name} full`), free: async () => void done.push(`${name} free`) },
    ...over,
  };
}

it('makes what it has the means for, and nothing else', () => {
  const limits = new MemberLimits([limited('n1', []), { name: 'n2' }]);
  expect([cpu('c', 0.1), full].map((fault) => limits.makes(fault))).toEqual([true, true]);
  expect([cpu('c', 0.1, ['n1', 'n2']), { ...full, targets: ['n2'] }, loss].map((f) => limits.makes(f))).toEqual([
    false,
    false,
    false,
  ]);
});

it('changes what differs only, the least share binding, and does it again for a new process', async () => {
  const done: string[] = [];
  const limits = new MemberLimits([limited('n1', done), limited('n2', done)]);
  const take = (): string[] => done.splice(0);
  await limits.apply([]);
  expect(take()).toEqual([]);
  await limits.apply([cpu('c', 0.1), full]);
  expect(take()).toEqual(['n1 0.1', 'n1 full']);
  await limits.apply([cpu('c', 0.1), cpu('e', 0.05, ['n1', 'n2']), full]);
  expect(take()).toEqual(['n1 0.05', 'n2 0.05']);
  await limits.restarted('n1', [cpu('c', 0.1), full]);
  expect(take()).toEqual(['n1 0.1']);
  await limits.apply([]);
  expect(take().sort()).toEqual(['n1 free', 'n1 undefined', 'n2 undefined']);
});

it('lets pass what fails at a member that has gone, and nothing else', async () => {
  const refuse = async (): Promise<void> => {
    throw new Error('refused');
  };
  const at = (gone: boolean) => new MemberLimits([limited('n1', [], { limitCpu: refuse, lost: async () => gone })]);
  await expect(at(false).apply([cpu('c', 0.1)])).rejects.toThrow('refused');
  await at(true).apply([cpu('c', 0.1)]);
});

it('hands each fault to the first maker that makes it', async () => {
  const seen: string[] = [];
  const maker = (name: string, types: readonly string[]): FaultMaker => ({
    makes: (fault) => types.includes(fault.type),
    holdsMs: () => name.length,
    apply: async (active) => void seen.push(`${name}: ${active.map(({ id }) => id).join(' ')}`),
    restarted: async (member, active) => void seen.push(`${name} ${member}: ${active.map(({ id }) => id).join(' ')}`),
  });
  const joint = new JointMakers(maker('links', ['loss', 'cpu']), maker('limits', ['cpu', 'disk-full']));
  expect([loss, full].every((fault) => joint.makes(fault))).toBe(true);
  expect([loss, full].map((fault) => joint.holdsMs(fault))).toEqual(['links'.length, 'limits'.length]);
  expect(joint.makes({ ...full, type: 'pause' } as PlannedFault)).toBe(false);
  await joint.apply([loss, full, cpu('c', 0.1)], 0);
  await joint.restarted('n1', [full]);
  expect(seen).toEqual(['links: l c', 'limits: d', 'links n1: ', 'limits n1: d']);
});
