import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createPlanSchema } from '../model/plan-zod.ts';
import { planOf } from '../proof/test-scenario.ts';
import { parseOverride, parseProtocols } from './plan-request.ts';

describe('names of protocols', () => {
  it('may stand in the folder of the textbook, on the command line and in a plan', () => {
    expect(parseProtocols('swim,textbook/push')).toEqual(['swim', 'textbook/push']);
    const override = { protocol: 'textbook/push', key: 'fanout', text: '2' };
    expect(parseOverride('textbook/push.fanout=2')).toEqual(override);
    const plan = planOf('1', { byzantine: '2:equivocate' }, { protocols: ['textbook/broadcast'], timeMs: 5000 });
    expect(createPlanSchema(z).parse(plan).channels[0]?.name).toBe('textbook/broadcast');
  });

  it('may stand in no other folder', () => {
    for (const text of [
      'textbook/',
      '/push',
      'real/push',
      'textbook/../push',
      'textbook/textbook/push',
      'Textbook/push',
    ]) {
      expect(() => parseProtocols(text), text).toThrow('--protocol');
    }
    const plan = planOf('1', {}, { protocols: ['push'], timeMs: 5000 });
    for (const name of ['real/push', 'textbook/']) {
      const channels = plan.channels.map((channel) => ({ ...channel, protocol: name }));
      expect(createPlanSchema(z).safeParse({ ...plan, channels }).success, name).toBe(false);
    }
  });
});
