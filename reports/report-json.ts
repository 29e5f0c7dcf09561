/** `report.json`: the verdict, what was planned in short, and the charts as vega-lite specs with their data. */
import { tellDeaths } from './death-story.ts';
import type { Gallery } from './gallery.ts';
import { describeFault, type RunStory } from './run-story.ts';

export const REPORT_FORMAT = 'hearsay-report';
export const REPORT_VERSION = 1;

export function reportJson(story: RunStory, gallery: Gallery): string {
  const { plan, verdict, timeline } = story;
  const report = {
    format: REPORT_FORMAT,
    version: REPORT_VERSION,
    verdict,
    repeatCommand: story.repeatCommand,
    environment: story.environment ?? null,
    plan: {
      seed: plan.seed,
      members: plan.members.map((member) => member.name),
      channels: plan.channels,
      workloads: plan.workloads,
      operations: plan.operations.length,
      faults: plan.faults.map((fault) => ({
        id: fault.id,
        type: fault.type,
        atMs: fault.atMs,
        untilMs: fault.untilMs,
        summary: describeFault(fault),
      })),
      closing: plan.closing,
      network: plan.network,
    },
    course: {
      end: timeline.end ?? 'cut off',
      durationNs: timeline.lastTime,
      healedAtNs: timeline.healedAt ?? null,
      faults: timeline.faults.map((fault) => ({ ...fault, until: Number.isFinite(fault.until) ? fault.until : null })),
      operations: story.operationKinds,
      errors: story.operations.errors(),
    },
    membership: [...story.beliefs].map(([channel, beliefs]) => ({ channel, ...tellDeaths(beliefs, timeline) })),
    agreement: [...story.agreement.channels()].map(([channel, rounds]) => ({ channel, rounds })),
    coverage: story.coverage.map(({ channel, kind, items, started }) => ({
      channel,
      kind,
      started,
      followed: items.length,
      reachedAll: items.filter((item) => item.allAfter !== undefined).length,
    })),
    calibration: story.surroundings?.calibration ?? null,
    counters: story.surroundings?.counters ?? null,
    hosts: story.clocks.hosts,
    charts: gallery.specs,
  };
  // Harmless also where somebody embeds it in a page.
  return `${JSON.stringify(report).replace(/[<\u2028\u2029]/g, escapeCode)}\n`;
}

function escapeCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
