/**
 * Property `no-crash`: no member's process ends but by the plan. A protocol that throws kills its member. The cluster says
 * which ends it did not expect; what it calls expected must stand in the plan.
 */
import type { CheckContext, Checker } from '../../harness/model/checker.ts';
import type { HistoryLine, MemberLine } from '../../harness/model/history.ts';
import type { PropertyResult } from '../../harness/model/verdict.ts';

export function createNoCrashChecker({ plan }: CheckContext): Checker {
  /** From when on the plan ends a member's processes, ns. */
  const endsFrom = new Map<string, number>();
  for (const fault of plan.faults) {
    if (fault.type !== 'kill' && fault.type !== 'leave') continue;
    for (const target of fault.targets) {
      endsFrom.set(target, Math.min(endsFrom.get(target) ?? Number.POSITIVE_INFINITY, fault.atMs * 1e6));
    }
  }
  const isPlanned = ({ member, time, reason }: MemberLine): boolean =>
    reason?.startsWith('unexpected') !== true && time >= (endsFrom.get(member) ?? Number.POSITIVE_INFINITY);
  const boots = { seen: 0 };
  const crashes: MemberLine[] = [];
  return {
    wants: ['member'],
    line(line: HistoryLine) {
      if (line.type !== 'member') return;
      if (line.event === 'up') boots.seen++;
      if (line.event === 'crash' && !isPlanned(line)) crashes.push(line);
    },
    end(): readonly PropertyResult[] {
      const name = 'no-crash';
      const counts = { judged: boots.seen, violations: crashes.length };
      const first = crashes[0];
      if (first !== undefined) {
        const summary = `${first.member} (life ${first.life}) died by itself at ${(first.time / 1e9).toFixed(3)} s: ${first.reason ?? 'nobody knows why'}`;
        const lines = crashes.slice(0, 10).map((line) => ({ ...line }));
        const reason = `${crashes.length} of ${boots.seen} boots ended by themselves`;
        return [{ name, verdict: 'invalid', reason, ...counts, witness: { summary, lines } }];
      }
      if (boots.seen === 0) return [{ name, verdict: 'unknown', reason: 'no member ever started', ...counts }];
      return [
        { name, verdict: 'valid', reason: `${boots.seen} boots, each ended by the plan or not at all`, ...counts },
      ];
    },
  };
}
