/** What a line of the history looks like on its member's line in a space-time diagram. */
import type { HistoryLine } from '../harness/model/history.ts';
import { INK } from './palette.ts';

export interface Mark {
  readonly title: string;
  readonly label: string;
  readonly colour: string;
}

/** Operations, what members observed on `channel` (undefined: on any), and their lives; undefined for other lines. */
export function markOf(line: HistoryLine, channel: string | undefined): Mark | undefined {
  switch (line.type) {
    case 'member': {
      const title = line.reason === undefined ? line.event : `${line.event}: ${line.reason}`;
      return { title, label: `${line.event} (life ${line.life})`, colour: INK.paused };
    }
    case 'invoke':
      return { title: `${line.f} ${JSON.stringify(line.value)}`, label: `${line.f} #${line.op}`, colour: INK.info };
    case 'ok':
    case 'fail':
    case 'info': {
      const title = `${line.type} ${JSON.stringify(line.value ?? line.error ?? null)}`;
      return { title, label: `${line.type} #${line.op}`, colour: INK[line.type] };
    }
    case 'observe': {
      if (channel !== undefined && line.channel !== channel) return undefined;
      const { type: _t, time: _time, member: _m, life: _l, channel: _c, kind, ...facts } = line;
      const status = 'status' in facts ? facts.status : undefined;
      const label = 'subject' in facts ? `${facts.subject} ${status ?? kind}` : kind;
      const colour = status !== undefined && status in INK ? INK[status as keyof typeof INK] : INK.theory;
      return { title: `${kind} ${JSON.stringify(facts)}`, label, colour };
    }
    default:
      return undefined;
  }
}
