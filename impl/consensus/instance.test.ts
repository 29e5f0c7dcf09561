import { describe, expect, it } from 'vitest';
import type { Ballot } from './ballot.ts';
import { createInstance, type Instance, itemsOf, learnBallot, learnVote, setProposal, setVote } from './instance.ts';
import { BALLOT, VOTE } from './messages.ts';

const FIRST: Ballot = [1, 0, 1];
const SECOND: Ballot = [2, 1, 1];

const told = (instance: Instance) => itemsOf(instance).map(({ item }) => item);

describe('what is told of an instance', () => {
  it('is nothing before a ballot is known', () => {
    expect(itemsOf(createInstance(3, 'x'))).toEqual([]);
  });

  it('is what is known now, after each kind of news', () => {
    const instance = createInstance(3, 'x');
    expect(told(instance)).toEqual([]);
    expect(learnBallot(instance, FIRST, undefined)).toBe('higher');
    expect(told(instance)).toEqual([[BALLOT, 3, FIRST, 'x', null]]);
    setProposal(instance, 'y');
    expect(told(instance)).toEqual([[BALLOT, 3, FIRST, 'x', 'y']]);
    expect(learnVote(instance, 2, FIRST, FIRST, 'y')).toBe(true);
    expect(told(instance).slice(1)).toEqual([[VOTE, 3, 2, FIRST, FIRST, 'y']]);
    setVote(instance, 2, { promised: SECOND, accepted: { ballot: FIRST, value: 'y' } });
    expect(told(instance).slice(1)).toEqual([[VOTE, 3, 2, SECOND, FIRST, 'y']]);
    expect(learnBallot(instance, SECOND, undefined)).toBe('higher');
    expect(learnBallot(instance, SECOND, 'y')).toBe('proposal');
    expect(told(instance)[0]).toEqual([BALLOT, 3, SECOND, 'x', 'y']);
  });

  it('stays as it is with what is no news', () => {
    const instance = createInstance(3, 'x');
    learnBallot(instance, SECOND, 'y');
    learnVote(instance, 2, SECOND, FIRST, 'y');
    const before = itemsOf(instance);
    expect(learnBallot(instance, FIRST, 'z')).toBeUndefined();
    expect(learnBallot(instance, SECOND, undefined)).toBeUndefined();
    expect(learnBallot(instance, SECOND, 'z')).toBeUndefined();
    expect(learnVote(instance, 2, SECOND, FIRST, 'y')).toBe(false);
    expect(learnVote(instance, 2, FIRST, FIRST, 'z')).toBe(false);
    expect(itemsOf(instance)).toBe(before);
  });
});
