/** The membership protocols of products among many members in the simulator: what they cost it, and their networks. */
import { measureInChild } from './child.ts';
import type { Figure, Row } from './figure.ts';
import { threeDigits } from './table.ts';

const PROTOCOLS = ['consul', 'cassandra', 'akka'] as const;
const FULL = { members: 200, timeMs: 60_000 } as const;
const TINY = { members: 5, timeMs: 2000 } as const;
const WANTED_S = 60;

export const membersSpeed: Figure = {
  name: 'members-200',
  doc: `${PROTOCOLS.join(', ')} with ${FULL.members} members in sim, 60 virtual seconds each`,
  async measure(note, size) {
    const { members, timeMs } = size === 'tiny' ? TINY : FULL;
    const rows: Row[] = [];
    for (const protocol of PROTOCOLS) {
      const figure = `${protocol}: ${members} members, ${timeMs / 1000} s`;
      note(figure);
      const { seconds, processorS, peakMB, outcome } = await measureInChild('members', { protocol, members, timeMs });
      const how = `in sim with every checker, quick settings, ${outcome.verdict}; processor time ${threeDigits(processorS)} s, ${threeDigits(peakMB)} MB`;
      rows.push({ figure, measured: seconds, wanted: WANTED_S, unit: 's', how });
      rows.push({
        figure: `${figure}, traffic`,
        measured: outcome.bytesPerMemberSecond,
        wanted: undefined,
        unit: 'B/s',
        how: `sent by a member, of ${threeDigits(outcome.messagesPerMemberSecond)} messages a second, joining included`,
      });
    }
    return rows;
  },
};
