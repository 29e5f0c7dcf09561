/** Turns what a member writes on stdout into reports. */
import type { MemberReport } from '../../node/control.ts';
import { LineSplitter } from '../../node/line-splitter.ts';
import type { MemberEvents } from './site.ts';

export class ReportReader {
  readonly #events: Pick<MemberEvents, 'report' | 'garbled'>;
  readonly #splitter = new LineSplitter();

  constructor(events: Pick<MemberEvents, 'report' | 'garbled'>) {
    this.#events = events;
  }

  /** The next piece of text, cut anywhere between characters. */
  push(chunk: string): void {
    for (const line of this.#splitter.push(chunk)) {
      const report = parse(line);
      if (report === undefined) this.#events.garbled(line);
      else this.#events.report(report);
    }
  }
}

function parse(line: string): MemberReport | undefined {
  try {
    const report = JSON.parse(line) as MemberReport | null;
    return typeof report?.type === 'string' ? report : undefined;
  } catch {
    return undefined;
  }
}
