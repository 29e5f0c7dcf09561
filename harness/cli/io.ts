/** What a command may touch of the outside world beyond files: two streams and the environment. Tests bring their own. */
import { styleText } from 'node:util';

export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface CliIo {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type Style = Parameters<typeof styleText>[0];

/** Colours text, unless the stream is no terminal or NO_COLOR is set (https://no-color.org). */
export type Paint = (style: Style, text: string) => string;

export function createPaint(io: CliIo, stream: TextStream): Paint {
  if (!isInteractive(stream) || io.environment.NO_COLOR) return (_style, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

/** Whether cursor tricks make sense. */
export function isInteractive(stream: TextStream): boolean {
  return stream.isTTY === true;
}

/** How a command says its exit code. */
export type Finish = (code: number) => void;
