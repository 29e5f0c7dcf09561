/** Every nemesis, in the order of `--help` and of the plan. */
import type { Nemesis } from '../harness/model/nemesis.ts';
import { bandwidth } from './bandwidth.ts';
import { byzantine } from './byzantine.ts';
import { churn } from './churn.ts';
import { clockDrift } from './clock-drift.ts';
import { clockSkew } from './clock-skew.ts';
import { clockStrobe } from './clock-strobe.ts';
import { corrupt } from './corrupt.ts';
import { cpu } from './cpu.ts';
import { delay } from './delay.ts';
import { diskFull } from './disk-full.ts';
import { duplicate } from './duplicate.ts';
import { kill } from './kill.ts';
import { loss } from './loss.ts';
import { partition } from './partition.ts';
import { pause } from './pause.ts';
import { reorder } from './reorder.ts';
import { slow } from './slow.ts';
import { timerDrift } from './timer-drift.ts';

export const NEMESES: readonly Nemesis[] = [
  partition,
  loss,
  delay,
  duplicate,
  reorder,
  corrupt,
  bandwidth,
  clockSkew,
  clockDrift,
  clockStrobe,
  timerDrift,
  pause,
  slow,
  cpu,
  diskFull,
  kill,
  churn,
  byzantine,
];
