/** Judges aggregation in two properties: `mass-conservation` (aggregate-mass.ts) and `estimate` (aggregate-estimates.ts). */
import type { CheckContext, Checker } from '../../harness/model/checker.ts';
import type { HistoryLine } from '../../harness/model/history.ts';
import { judgeEstimates } from './aggregate-estimates.ts';
import { AggregateLog } from './aggregate-log.ts';
import { judgeMass } from './aggregate-mass.ts';
import { PeerBeliefs } from './peer-beliefs.ts';

export function createAggregateChecker(context: CheckContext): Checker {
  const channels = context.channels.filter((channel) => channel.role === 'aggregation');
  const logs = new Map(channels.map((channel) => [channel.name, new AggregateLog()]));
  const membership = new Set(context.channels.filter(({ role }) => role === 'membership').map(({ name }) => name));
  const roster = context.plan.members.map((member) => member.name);
  const beliefs = membership.size > 0 && logs.size > 0 ? new PeerBeliefs(roster) : undefined;
  return {
    wants: logs.size === 0 ? [] : ['invoke', 'ok', 'fail', 'info', 'observe', 'member'],
    line(line: HistoryLine): void {
      switch (line.type) {
        case 'invoke':
          logs.get(line.channel)?.operation(line);
          break;
        case 'ok':
        case 'fail':
        case 'info':
          for (const log of logs.values()) log.operation(line);
          break;
        case 'observe':
          logs.get(line.channel)?.observe(line);
          if ((line.kind === 'status' || line.kind === 'recall') && membership.has(line.channel)) beliefs?.status(line);
          break;
        case 'member':
          // The first boot has nothing to forget, and what it learns at once may stand before its own line.
          if (line.event === 'up' && (line.life > 1 || (line.boot ?? 1) > 1)) beliefs?.boot(line.member, line.time);
          break;
        default:
      }
    },
    end: () =>
      channels.flatMap((channel) => {
        const log = logs.get(channel.name);
        if (log === undefined) return [];
        return [judgeMass(context, channel, log), judgeEstimates(context, channel, log, beliefs)].filter(
          (property) => property !== undefined,
        );
      }),
  };
}
