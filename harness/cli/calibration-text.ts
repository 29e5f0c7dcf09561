/** What calibration found, in a line, and one more for each fault that does nothing. */
import { type Calibration, linksOutside } from '../model/calibration.ts';

export function describeCalibration(calibration: Calibration): string {
  const { faults, left, durationMs, problem } = calibration;
  const links = faults.reduce((sum, fault) => sum + fault.links.length, 0);
  const outside = linksOutside(calibration).length;
  const parts = [
    `${count(faults.length, 'fault')} on ${count(links, 'link')} in ${(durationMs / 1000).toFixed(1)} s`,
    ...(links === 0 ? [] : [`${outside} of ${links} outside the 99 % interval of what was measured`]),
    ...(left.length === 0 ? [] : [`not calibrated: ${left.flatMap((fault) => fault.faults).join(', ')}`]),
    ...(problem === undefined ? [] : [`it ended early: ${problem}`]),
  ];
  const idle = faults.filter(({ effect }) => effect === 'none');
  const loud = idle.map(
    (fault) =>
      `WARNING: fault ${fault.faults.join(', ')} (${fault.type}) HAS NO EFFECT: none of its ${fault.pooled.sent} probes shows it; the run goes on, and fault-effect judges\n`,
  );
  return `calibration: ${parts.join('; ')}\n${loud.join('')}`;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? '' : 's'}`;
}
