/** Where everything of a space-time diagram stands, px: labels that never meet, and arrows from sending to receipt. */
import { isLinkFault } from '../harness/model/fault.ts';
import type { HistoryLine } from '../harness/model/history.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { PropertyResult } from '../harness/model/verdict.ts';
import { figure, nameList, seconds } from './format.ts';
import { liarsOf } from './run-story.ts';
import { type Mark, markOf } from './space-time-marks.ts';
import { timeScale } from './space-time-scale.ts';
import { type DrawnMessage, MOST_MARKS, selectMessages, violatedAt, windowsOf } from './space-time-selection.ts';

export interface Label {
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly text: string;
  readonly role: 'name' | 'time' | 'break' | 'mark' | 'fault' | 'violated';
}

export interface Arrow {
  readonly message: DrawnMessage;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly isLost: boolean;
}

export interface Span {
  readonly fault: Plan['faults'][number];
  readonly x: number;
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly labels: readonly Label[];
  readonly arrows: readonly Arrow[];
  readonly dots: readonly { readonly x: number; readonly y: number; readonly time: number; readonly mark: Mark }[];
  readonly spans: readonly Span[];
  /** Behind what a link fault is on for, over all members. */
  readonly bands: readonly Span[];
  /** Each member's line, and the pieces of it in which the member ran. */
  readonly lines: readonly { readonly x: number; readonly runs: readonly (readonly [number, number])[] }[];
  readonly top: number;
  readonly violatedY: number;
  readonly rows: readonly { readonly time: number; readonly y: number }[];
  readonly notes: readonly string[];
}

export interface LayoutInput {
  readonly plan: Plan;
  readonly property: PropertyResult;
  readonly messages: readonly DrawnMessage[];
  readonly lines: readonly HistoryLine[];
}

export const FONT_PX = 12;
const LINE_PX = 15;
export const AXIS_PX = 92;
const LANE_PX = 12;
const FAULT_TEXT_PX = 140;
const TOP_PX = 24;
/** Member names stand again where the last ones have gone out of sight. */
const NAMES_EVERY_PX = 700;
/** Room between the end of a label and the next line. */
const MARGIN_PX = 12;

/** A width that no usual font exceeds, px. */
export function textWidth(text: string): number {
  let em = 0;
  for (const character of text) {
    if (character > '\u02ff') em += 1.05;
    else if (/[MWmw@%&—…→]/.test(character)) em += 0.95;
    else if (/[A-Z#_+=<>~]/.test(character)) em += 0.78;
    else if (/[ijltfrI.,:;'|!()[\]/ -]/.test(character)) em += 0.43;
    else em += 0.66;
  }
  return em * FONT_PX;
}

/** As much of the text as fits, with a mark where it was cut. */
export function cutTo(text: string, px: number): string {
  if (textWidth(text) <= px) return text;
  let kept = '';
  for (const character of text) {
    if (textWidth(`${kept}${character}…`) > px) break;
    kept += character;
  }
  return `${kept}…`;
}

interface Said {
  readonly time: number;
  /** A member, or undefined for the faults' column. */
  readonly member: string | undefined;
  readonly text: string;
}

export function layOut(input: LayoutInput): Layout {
  const { plan, property, lines } = input;
  const moment = violatedAt(property, lines);
  const isShown = windowsOf(plan, moment);
  const all = input.messages.filter(({ channel }) => property.channel === undefined || channel === property.channel);
  const marksAll = lines.flatMap((line) => {
    const mark = markOf(line, property.channel);
    if (mark === undefined || !('member' in line) || !isShown(line.time)) return [];
    return [{ time: line.time, member: line.member, mark, isLife: line.type === 'member' }];
  });
  // Lives are always told: a picture in which a member dies without a word misleads.
  const rest = marksAll.filter(({ isLife }) => !isLife);
  const nearest = new Set(
    [...rest].sort((a, b) => Math.abs(a.time - moment) - Math.abs(b.time - moment)).slice(0, MOST_MARKS),
  );
  const marks = marksAll.filter((one) => one.isLife || nearest.has(one));
  const shown = all.filter(({ sentAt }) => isShown(sentAt));
  const turns = marks.map(({ time }) => time);
  const messages = selectMessages(shown, turns, property, plan, moment);

  const lanes = lanesOf(plan);
  const laneCount = lanes.reduce((most, lane) => Math.max(most, lane + 1), 0);
  const left = AXIS_PX + (laneCount === 0 ? 0 : laneCount * LANE_PX + FAULT_TEXT_PX);
  const names = plan.members.map(({ name }) => name);
  const columnPx = names.length <= 3 ? 145 : 128;
  const index = new Map(names.map((name, i) => [name, i]));
  const x = (member: string): number => left + 8 + (index.get(member) ?? 0) * columnPx;
  const faultX = AXIS_PX + laneCount * LANE_PX + 4;
  const width = left + names.length * columnPx + 8;

  const last = Math.max(
    moment,
    ...turns,
    ...messages.map(({ sentAt, deliveredAt }) => Math.max(sentAt, ...deliveredAt)),
  );
  const said: Said[] = [
    ...marks.flatMap(({ time, member, mark }) => [{ time, member, text: mark.label }]),
    ...sendings(messages, names),
    ...plan.faults.flatMap(({ id, atMs, untilMs }) =>
      [
        { time: atMs * 1e6, member: undefined, text: `${id} starts` },
        { time: untilMs * 1e6, member: undefined, text: `${id} ends` },
      ].filter(({ time }) => time <= last),
    ),
  ];
  const above = new Map<number, Map<string | undefined, string[]>>();
  const at = (time: number): Map<string | undefined, string[]> => {
    const found = above.get(time) ?? new Map<string | undefined, string[]>();
    above.set(time, found);
    return found;
  };
  for (const { time, member, text } of said) {
    const stack = at(time).get(member);
    if (stack === undefined) at(time).set(member, [text]);
    else stack.push(text);
  }
  for (const { sentAt, deliveredAt } of messages) for (const time of [sentAt, ...deliveredAt]) at(time);
  at(moment);
  const times = [...above.keys()].sort((a, b) => a - b);
  let sinceNames = 0;
  const headed = new Set<number>();
  const moments = times.map((time) => {
    const stack = Math.max(0, ...[...at(time).values()].map(({ length }) => length));
    let abovePx = stack * LINE_PX + 5;
    // Its label stands below the stamp of the moment before, in the same column.
    if (time === moment) abovePx += LINE_PX + 17;
    sinceNames += Math.max(20, abovePx);
    if (sinceNames > NAMES_EVERY_PX) {
      sinceNames = 0;
      headed.add(time);
      abovePx += LINE_PX + 5;
    }
    return { time, abovePx, stack };
  });
  const scale = timeScale(moments, TOP_PX);
  const height = scale.bottom + LINE_PX;

  const labels: Label[] = [];
  const liars = liarsOf(plan);
  const nameRow = (y: number): void => {
    for (const name of names) {
      const lies = liars.has(name) ? ' (lies)' : '';
      const room = columnPx - MARGIN_PX - (lies === '' ? 0 : textWidth(lies));
      labels.push({ x: x(name), y, text: `${cutTo(name, room)}${lies}`, role: 'name' });
    }
  };
  nameRow(LINE_PX);
  const stamp = timeStamps(times);
  for (const { time, stack } of moments) {
    const y = scale.y(time);
    labels.push({ x: 4, y: y + 4, text: stamp(time), role: 'time' });
    for (const [member, texts] of at(time)) {
      const room = member === undefined ? FAULT_TEXT_PX - MARGIN_PX : columnPx - 8 - MARGIN_PX;
      texts.forEach((text, i) => {
        labels.push({
          x: member === undefined ? faultX : x(member) + 8,
          y: y - 4 - (texts.length - 1 - i) * LINE_PX,
          text: cutTo(text, room),
          role: member === undefined ? 'fault' : 'mark',
        });
      });
    }
    let free = y - 12 - stack * LINE_PX;
    if (time === moment) {
      const text = cutTo(`violated: ${property.name}, ${seconds(moment)}`, width - 8);
      labels.push({ x: 4, y: free, text, role: 'violated' });
      free -= LINE_PX + 5;
    }
    if (headed.has(time)) nameRow(free);
  }
  const kept = new Set(messages);
  for (const { y, from, until } of scale.breaks) {
    const hidden = all.filter(
      (message) => !kept.has(message) && message.sentAt > from && message.sentAt < until,
    ).length;
    const more = hidden === 0 ? '' : `, ${figure(hidden)} message${hidden === 1 ? '' : 's'} left out`;
    labels.push({ x: 4, y, text: cutTo(`⋮ ${duration(until - from)}${more}`, width - 8), role: 'break' });
  }

  const arrows = messages.flatMap((message): Arrow[] => {
    const [x1, x2, y1] = [x(message.from), x(message.to), scale.y(message.sentAt)];
    if (message.deliveredAt.length === 0)
      return [{ message, x1, y1, x2: x1 + (x2 - x1) * 0.4, y2: y1 + 8, isLost: true }];
    return message.deliveredAt.map((time) => ({ message, x1, y1, x2, y2: scale.y(time), isLost: false }));
  });
  const spanOf = (fault: Plan['faults'][number], x: number, width: number): Span => {
    const top = scale.y(fault.atMs * 1e6);
    return { fault, x, width, top, bottom: Math.max(top + 3, scale.y(Math.min(fault.untilMs * 1e6, last + 1))) };
  };
  const begun = plan.faults.flatMap((fault, i) => (fault.atMs * 1e6 <= last ? [{ fault, lane: lanes[i] ?? 0 }] : []));
  return {
    width,
    height,
    left,
    labels,
    arrows,
    dots: marks.map(({ time, member, mark }) => ({ x: x(member), y: scale.y(time), time, mark })),
    spans: begun.map(({ fault, lane }) => spanOf(fault, AXIS_PX + lane * LANE_PX, LANE_PX - 3)),
    bands: begun.flatMap(({ fault }) =>
      isLinkFault(fault)
        ? [spanOf(fault, left, width - left)]
        : fault.targets.map((target) => spanOf(fault, x(target) - 7, 14)),
    ),
    lines: names.map((name) => ({ x: x(name), runs: runsOf(name, lines, last, scale.y) })),
    top: LINE_PX + 5,
    violatedY: scale.y(moment),
    rows: times.map((time) => ({ time, y: scale.y(time) })),
    notes: notesOf(all, messages, rest.length - nearest.size),
  };
}

/** Faults that overlap in time stand beside each other. */
function lanesOf(plan: Plan): readonly number[] {
  const free: number[] = [];
  const order = plan.faults.map((fault, i) => ({ fault, i })).sort((a, b) => a.fault.atMs - b.fault.atMs);
  const lanes: number[] = plan.faults.map(() => 0);
  for (const { fault, i } of order) {
    const found = free.findIndex((until) => until < fault.atMs);
    const lane = found === -1 ? free.length : found;
    free[lane] = fault.untilMs;
    lanes[i] = lane;
  }
  return lanes;
}

/** What a member sent at once is one label: `ping → n2, n3`, or `echo → all` where it is everybody else. */
function sendings(messages: readonly DrawnMessage[], names: readonly string[]): Said[] {
  const groups = new Map<string, { time: number; member: string; kind: string; lost: boolean; to: string[] }>();
  for (const { from, to, kind, sentAt, deliveredAt } of messages) {
    const lost = deliveredAt.length === 0;
    const key = JSON.stringify([sentAt, from, kind, lost]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { time: sentAt, member: from, kind, lost, to: [to] });
    else if (!group.to.includes(to)) group.to.push(to);
  }
  return [...groups.values()].map(({ time, member, kind, lost, to }) => ({
    time,
    member,
    text: `${kind}${lost ? ' lost' : ''} → ${toAll(member, to, names) ? 'all' : nameList(to)}`,
  }));
}

function toAll(from: string, to: readonly string[], names: readonly string[]): boolean {
  return to.length > 2 && names.every((name) => name === from || to.includes(name));
}

function runsOf(
  name: string,
  lines: readonly HistoryLine[],
  last: number,
  y: (time: number) => number,
): (readonly [number, number])[] {
  const stops: { time: number; up: boolean }[] = [];
  for (const line of lines) {
    if (line.type !== 'member' || line.member !== name || line.time > last) continue;
    stops.push({ time: line.time, up: line.event === 'up' || line.event === 'resume' || line.event === 'leave' });
  }
  return stops.flatMap(({ time, up }, i) => (up ? [[y(time), y(stops[i + 1]?.time ?? last + 1)] as const] : []));
}

/** True times in ms, with as few decimals as tell all of them apart. */
function timeStamps(times: readonly number[]): (time: number) => string {
  const decimals = [1, 2, 3].find(
    (digits) => new Set(times.map((t) => (t / 1e6).toFixed(digits))).size === times.length,
  );
  return (time) => `${(time / 1e6).toFixed(decimals ?? 3)} ms`;
}

function duration(ns: number): string {
  return ns >= 1e9 ? `${figure(Number((ns / 1e9).toFixed(2)))} s` : `${figure(Math.round(ns / 1e6))} ms`;
}

function notesOf(all: readonly DrawnMessage[], kept: readonly DrawnMessage[], hiddenMarks: number): string[] {
  const notes: string[] = [];
  if (kept.length < all.length)
    notes.push(
      `${figure(kept.length)} of ${figure(all.length)} messages are drawn: up to two seconds after the heal and around the violation, and of those at most as many as can be read, first the ones from which a path of messages leads to what the witness names, nearest to a fault's start or end, an operation or an observation. Breaks say how many are left out.`,
    );
  if (hiddenMarks > 0)
    notes.push(`${figure(hiddenMarks)} observations and operations far from the violation are not drawn.`);
  return notes;
}
