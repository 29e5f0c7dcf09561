/** Whether a protocol's settings are complete, known and in range: for `--set` and for plan files alike. */
import type { Setting, SettingsSpec } from '../../impl/protocol.ts';
import { UserError } from './errors.ts';

/** Of any protocol. */
export type AnySettingsSpec = SettingsSpec<Record<string, unknown>>;

/** What a setting accepts, in words. */
export function describeSetting(setting: Setting<unknown>): string {
  if (setting.values !== undefined) return `one of ${setting.values.map(String).join(', ')}`;
  if (typeof setting.default === 'boolean') return 'true or false';
  if (typeof setting.default !== 'number') return `a ${typeof setting.default}`;
  const kind = setting.integer === true ? 'a whole number' : 'a number';
  const { min, max } = setting;
  const range =
    min !== undefined && max !== undefined
      ? ` from ${min} to ${max}`
      : min !== undefined
        ? ` of at least ${min}`
        : max !== undefined
          ? ` of at most ${max}`
          : '';
  return `${kind}${range} (${setting.unit})`;
}

export function settingAccepts(setting: Setting<unknown>, value: unknown): boolean {
  if (setting.values !== undefined) return setting.values.includes(value);
  if (typeof value !== typeof setting.default) return false;
  if (typeof value !== 'number') return true;
  if (!Number.isFinite(value) || (setting.integer === true && !Number.isInteger(value))) return false;
  return value >= (setting.min ?? Number.NEGATIVE_INFINITY) && value <= (setting.max ?? Number.POSITIVE_INFINITY);
}

/** Throws a UserError at the first setting that is unknown, missing or out of range. `where`: `channels[0].settings`. */
export function checkSettingValues(
  spec: AnySettingsSpec,
  values: Readonly<Record<string, unknown>>,
  where: string,
): void {
  for (const key of Object.keys(values)) {
    if (!Object.hasOwn(spec, key)) {
      throw new UserError(`${where} has an unknown setting`, key, `known are ${Object.keys(spec).join(', ')}`);
    }
  }
  for (const [key, setting] of Object.entries(spec)) {
    if (!Object.hasOwn(values, key)) {
      throw new UserError(`${where} lacks the setting ${key}`, undefined, `add it; its default is ${setting.default}`);
    }
    const value = values[key];
    if (!settingAccepts(setting, value)) {
      throw new UserError(
        `${where}.${key} is out of range`,
        JSON.stringify(value),
        `write ${describeSetting(setting)}`,
      );
    }
  }
}

/** A setting's value from text, as after `--set protocol.key=`. Throws a UserError. */
export function parseSetting(setting: Setting<unknown>, text: string, what: string): unknown {
  const plain = text.trim();
  const candidates: unknown[] = [plain];
  if (plain === 'true' || plain === 'false') candidates.push(plain === 'true');
  if (/^[+-]?\d+(\.\d+)?$/.test(plain)) candidates.push(Number(plain));
  const value = candidates.find((candidate) => settingAccepts(setting, candidate));
  if (value === undefined) throw new UserError(`${what} is out of range`, text, `write ${describeSetting(setting)}`);
  return value;
}
