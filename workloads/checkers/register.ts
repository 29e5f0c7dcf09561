/**
 * Judges the register workload on every channel of role `map`: lost writes, phantom values, stale reads, and the order
 * of versions. The order is the protocol's own (hybrid logical time, then writer); versions compare as texts.
 */
import type { CheckContext, Checker } from '../../harness/model/checker.ts';
import type { HistoryLine } from '../../harness/model/history.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';
import { RegisterFold } from './register-fold.ts';
import { judgeRegister } from './register-verdict.ts';

export function createRegisterChecker(context: CheckContext): Checker {
  const channels = context.channels.filter((channel) => channel.role === 'map');
  const folds = new Map(channels.map((channel) => [channel.name, new RegisterFold(context, channel)]));
  const all = [...folds.values()];
  return {
    wants: ['invoke', 'ok', 'fail', 'info', 'observe', 'member', 'view'],
    line(line: HistoryLine): void {
      switch (line.type) {
        case 'invoke':
          folds.get(line.channel)?.invoke(line);
          break;
        case 'ok':
        case 'fail':
        case 'info':
          for (const fold of all) if (fold.complete(line)) break;
          break;
        case 'observe':
          if (line.kind === 'apply') folds.get(line.channel)?.apply(line);
          break;
        case 'view':
          if (line.view !== undefined) folds.get(line.channel)?.finalView(line);
          break;
        case 'member':
          if (line.event === 'up') for (const fold of all) fold.up(line.member, line.life);
          break;
        default:
      }
    },
    end: (): readonly PropertyResult[] => all.flatMap((fold) => judgeRegister(context, fold)),
  };
}
