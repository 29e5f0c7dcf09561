/** Figures and lists of names as a reader wants them. */

/** Seconds with one decimal from nanoseconds: `8.1 s`. */
export function seconds(ns: number): string {
  return Number.isFinite(ns) ? `${(ns / 1e9).toFixed(ns < 1e8 && ns > 0 ? 2 : 1)} s` : 'the end';
}

/** About three significant digits, thousands grouped: `1,234`, `12.3`, `0.0123`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  if (size >= 1) return String(Number(value.toFixed(size >= 10 ? 1 : 2)));
  return String(Number(value.toPrecision(3)));
}

export function plural(count: number, noun: string): string {
  return `${figure(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A share as per cent. */
export function percent(share: number): string {
  return `${figure(Number((share * 100).toPrecision(3)))} %`;
}

/** Runs of numbered names are drawn together: `n1–n3, n5`; long lists end in a count. */
export function nameList(names: readonly string[], limit = 8): string {
  const parts: string[] = [];
  for (let i = 0; i < names.length; ) {
    let j = i;
    while (j + 1 < names.length && follows(names[j], names[j + 1])) j++;
    if (j - i >= 2) parts.push(`${names[i]}–${names[j]}`);
    else for (let k = i; k <= j; k++) parts.push(names[k] ?? '');
    i = j + 1;
  }
  if (parts.length <= limit) return parts.join(', ');
  return `${parts.slice(0, limit).join(', ')} and others (${names.length} in all)`;
}

function follows(a: string | undefined, b: string | undefined): boolean {
  const first = /^(.*?)(\d{1,9})$/.exec(a ?? '');
  const second = /^(.*?)(\d{1,9})$/.exec(b ?? '');
  return first !== null && second !== null && first[1] === second[1] && Number(first[2]) + 1 === Number(second[2]);
}
