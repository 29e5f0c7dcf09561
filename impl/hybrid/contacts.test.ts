import { describe, expect, it } from 'vitest';
import { Contacts } from './contacts.ts';

describe('contacts', () => {
  it('end two rounds after they began, with all that their answers said', () => {
    const contacts = new Contacts(0);
    const contact = contacts.begin('push', 'n2');
    contacts.answered('push', contact, 'n2', 1, 4);
    expect(contacts.nextRound()).toEqual([]);
    contacts.answered('push', contact, 'n2', 2, 2);
    expect(contacts.nextRound()).toMatchObject([{ direction: 'push', fresh: 3, items: 6 }]);
    expect(contacts.nextRound()).toEqual([]);
  });

  it('that nobody answered, or only others did, say nothing', () => {
    const contacts = new Contacts(2 ** 32 - 1);
    const [last, first] = [contacts.begin('pull', 'n2'), contacts.begin('pull', 'n3')];
    expect([last, first]).toEqual([2 ** 32 - 1, 0]);
    contacts.answered('pull', last, 'n3', 1, 1);
    contacts.answered('push', last, 'n2', 1, 1);
    contacts.answered('pull', 77, 'n2', 1, 1);
    contacts.answered('pull', first, 'n3', 0, 0);
    contacts.nextRound();
    expect(contacts.nextRound()).toMatchObject([{ direction: 'pull', fresh: 0, items: 0 }]);
    contacts.answered('pull', first, 'n3', 1, 1);
    expect(contacts.nextRound()).toEqual([]);
  });
});
