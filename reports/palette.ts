/** Okabe and Ito's colours, told apart by every common kind of colour vision; shape or height says the same again. */
export const INK = {
  ok: '#009e73',
  fail: '#d55e00',
  info: '#cc79a7',
  alive: '#56b4e9',
  suspect: '#e69f00',
  dead: '#d55e00',
  left: '#999999',
  up: '#b9d9ea',
  paused: '#7a7a7a',
  theory: '#000000',
} as const;

/** For series that have no colour of their own, in order. */
export const SERIES: readonly string[] = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#8c6d1f',
  '#7f5fc2',
  '#4d4d4d',
  '#b2182b',
  '#66a61e',
  '#1b9e9e',
];

export function seriesColour(index: number): string {
  return SERIES[index % SERIES.length] ?? '#4d4d4d';
}

/** Only what is surely a colour reaches a chart; a fault without one is grey. */
export function faultColour(colours: ReadonlyMap<string, string>, kind: string): string {
  const colour = colours.get(kind) ?? '';
  return /^#[0-9a-fA-F]{6}$/.test(colour) ? colour : '#8a8a8a';
}
