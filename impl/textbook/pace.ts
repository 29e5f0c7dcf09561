/** The real protocol's settings at a naive version's pace, for what it would promise. */
import { type Setting, type SettingsSpec, settingsOf } from '../protocol.ts';

/** The quick profile with every time stretched as much as that of `key`, which becomes `intervalMs`. */
export function quickAtPace<S>(spec: SettingsSpec<S>, key: keyof S, intervalMs: number): S {
  const quick = settingsOf(spec, 'quick');
  const stretch = intervalMs / Number(quick[key]);
  const out: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting<unknown>>(spec as Record<string, Setting<unknown>>)) {
    const value = quick[name as keyof S];
    out[name] = setting.unit === 'ms' ? Number(value) * stretch : value;
  }
  return out as S;
}
