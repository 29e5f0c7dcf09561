/**
 * Hybrid logical clock (Kulkarni, Demirbas, Madappa, Avva, Leone 2014, section 3): wall milliseconds and a counter that
 * together never run backwards, whatever the wall clock does, and always lie behind everything that was observed. A
 * write that follows another one its writer had seen therefore orders later, under any skew.
 *
 * How far a remote time may pull the clock is deliberately not bounded by a drift: a skewed peer is legitimate, and
 * refusing its writes would split the map for good. The one guard is absolute: times from `WALL_LIMIT_MS` on (the year
 * 2248) are no times; versions that carry them are refused, and a clock that has got there issues nothing more.
 */

/** Wall times are below this, ms since the epoch: 43 bits. */
export const WALL_LIMIT_MS = 2 ** 43;
const COUNTER_LIMIT = 2 ** 16;
const LIFE_LIMIT = 2 ** 24;

export interface HybridTime {
  /** ms since the epoch, whole. */
  readonly wallMs: number;
  readonly counter: number;
}

export interface VersionParts extends HybridTime {
  readonly writer: string;
  readonly life: number;
}

export class HybridClock {
  #wallMs = 0;
  #counter = 0;

  /** The latest time issued or observed. */
  get last(): HybridTime {
    return { wallMs: this.#wallMs, counter: this.#counter };
  }

  /** A time later than every time issued or observed; undefined where the clock has reached its limit. */
  tick(physicalMs: number): HybridTime | undefined {
    const physical = Number.isFinite(physicalMs) ? Math.floor(physicalMs) : 0;
    let wallMs = this.#wallMs;
    let counter = this.#counter + 1;
    if (physical > wallMs) {
      wallMs = physical;
      counter = 0;
    } else if (counter >= COUNTER_LIMIT) {
      wallMs += 1;
      counter = 0;
    }
    if (wallMs >= WALL_LIMIT_MS) return undefined;
    this.#wallMs = wallMs;
    this.#counter = counter;
    return { wallMs, counter };
  }

  /** Everything issued from here on is later than `time`. */
  observe(time: HybridTime): void {
    if (time.wallMs < this.#wallMs || (time.wallMs === this.#wallMs && time.counter <= this.#counter)) return;
    this.#wallMs = time.wallMs;
    this.#counter = time.counter;
  }
}

/**
 * A version as a text whose order (by UTF-16 units, as `<` has it) is the order of versions: hybrid time, then writer,
 * then the writer's life. The fields around the name have fixed widths, so different versions never share a text.
 */
export function encodeVersion(time: HybridTime, writer: string, life: number): string {
  return `${hex(time.wallMs, 11)}${hex(time.counter, 4)}!${writer}!${hex(life % LIFE_LIMIT, 6)}`;
}

// The first digit is at most 7: that is the wall clock's limit. Names have at most 64 units and no exclamation mark.
const VERSION = /^[0-7][0-9a-f]{14}![^!]{1,64}![0-9a-f]{6}$/;

/** Whether a text is a version as `encodeVersion` writes it. */
export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** Undefined for what is no version. */
export function parseVersion(text: string): VersionParts | undefined {
  if (!isVersion(text)) return undefined;
  return {
    wallMs: Number.parseInt(text.slice(0, 11), 16),
    counter: Number.parseInt(text.slice(11, 15), 16),
    writer: text.slice(16, -7),
    life: Number.parseInt(text.slice(-6), 16),
  };
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}
