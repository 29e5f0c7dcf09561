/** Several makers of faults as one: each makes what it can. */
import type { Calibration } from '../../model/calibration.ts';
import type { PlannedFault } from '../../model/fault.ts';
import type { FaultMaker } from './site.ts';

/** The first that makes a fault is the one that does. */
export class JointMakers implements FaultMaker {
  readonly #makers: readonly FaultMaker[];

  constructor(...makers: readonly FaultMaker[]) {
    this.#makers = makers;
  }

  makes(fault: PlannedFault): boolean {
    return this.#makers.some((maker) => maker.makes(fault));
  }

  holdsMs(fault: PlannedFault): number {
    return this.#makers.find((maker) => maker.makes(fault))?.holdsMs(fault) ?? 0;
  }

  async apply(active: readonly PlannedFault[], askedAgoMs: number): Promise<void> {
    const startedMs = performance.now();
    for (const maker of this.#makers) {
      await maker.apply(this.#of(maker, active), askedAgoMs + performance.now() - startedMs);
    }
  }

  async restarted(member: string, active: readonly PlannedFault[]): Promise<void> {
    for (const maker of this.#makers) await maker.restarted(member, this.#of(maker, active));
  }

  onFailure(failed: (error: Error) => void): void {
    for (const maker of this.#makers) maker.onFailure?.(failed);
  }

  async calibrate(): Promise<Calibration | undefined> {
    for (const maker of this.#makers) {
      const calibration = await maker.calibrate?.();
      if (calibration !== undefined) return calibration;
    }
    return undefined;
  }

  #of(maker: FaultMaker, active: readonly PlannedFault[]): PlannedFault[] {
    return active.filter((fault) => this.#makers.find((candidate) => candidate.makes(fault)) === maker);
  }
}
