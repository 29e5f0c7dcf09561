/** Which faults of a plan are calibrated before a run, and on which links: bounded, and the same for the same plan. Pure. */
import { isLinkFault, type LinkFault, linksOf, type PlannedFault, touches } from '../../harness/model/fault.ts';

export interface DirectedLink {
  readonly from: string;
  readonly to: string;
}

export interface FaultSample {
  /** Stands for all that are alike but for their time. */
  readonly fault: LinkFault;
  readonly ids: readonly string[];
  readonly touched: readonly DirectedLink[];
  /** Close to the touched ones: their way back, others from the same sender, others to the same receiver. */
  readonly untouched: readonly DirectedLink[];
}

export interface Sampling {
  readonly samples: readonly FaultSample[];
  /** Link faults beyond the bound. */
  readonly beyond: readonly { readonly fault: LinkFault; readonly ids: readonly string[] }[];
  /** Every member at an end of a sampled link, in the members' order. */
  readonly ends: readonly string[];
}

export const MOST_FAULTS = 8;
const MOST_TOUCHED = 4;
const MOST_UNTOUCHED = 4;
/** Each link of a limited rate is to be filled, which takes many datagrams. */
const MOST_RATED = 2;

export function sampleFaults(faults: readonly PlannedFault[], names: readonly string[]): Sampling {
  const kinds = distinct(faults.filter(isLinkFault));
  const ends = new Set<string>();
  const samples: FaultSample[] = [];
  for (const { fault, ids } of kinds.slice(0, MOST_FAULTS)) {
    const most = fault.type === 'bandwidth' ? MOST_RATED : MOST_TOUCHED;
    const links = linksOf(fault);
    const acts = ({ from, to }: DirectedLink): boolean => touches(links, from, to);
    const touched = pick(pairs(names).filter(acts), most, ends);
    for (const { from, to } of touched) ends.add(from).add(to);
    const untouched = beside(touched, names, acts, ends);
    for (const { from, to } of untouched) ends.add(from).add(to);
    // A fault whose links are of nobody in this cluster touches nothing; the judge of the run says so.
    if (touched.length > 0) samples.push({ fault, ids, touched, untouched });
  }
  return { samples, beyond: kinds.slice(MOST_FAULTS), ends: names.filter((name) => ends.has(name)) };
}

function distinct(faults: readonly LinkFault[]): { fault: LinkFault; ids: string[] }[] {
  const kinds = new Map<string, { fault: LinkFault; ids: string[] }>();
  for (const fault of faults) {
    const key = JSON.stringify({ ...fault, id: '', atMs: 0, untilMs: 0 });
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { fault, ids: [fault.id] });
    else known.ids.push(fault.id);
  }
  return [...kinds.values()];
}

function pairs(names: readonly string[]): DirectedLink[] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
}

/** Rather among members that have a probe already: every further one costs a process. */
function pick(links: readonly DirectedLink[], most: number, ends: ReadonlySet<string>): DirectedLink[] {
  const isKnown = ({ from, to }: DirectedLink): boolean => ends.has(from) && ends.has(to);
  const known = spread(links.filter(isKnown), most);
  return [
    ...known,
    ...spread(
      links.filter((link) => !isKnown(link)),
      most - known.length,
    ),
  ];
}

/** Evenly over the list, its ends among them. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: Math.max(0, most) }, (_, index) => {
    const at = most === 1 ? 0 : Math.round((index * (items.length - 1)) / (most - 1));
    return items[at] as Item;
  });
}

function beside(
  touched: readonly DirectedLink[],
  names: readonly string[],
  acts: (link: DirectedLink) => boolean,
  ends: ReadonlySet<string>,
): DirectedLink[] {
  const found = new Map<string, DirectedLink>();
  const take = (candidates: readonly DirectedLink[], most: number): void => {
    const free = candidates.filter((link) => link.from !== link.to && !acts(link) && !found.has(keyOf(link)));
    for (const link of pick(free, Math.min(most, MOST_UNTOUCHED - found.size), ends)) found.set(keyOf(link), link);
  };
  take(
    touched.map(({ from, to }) => ({ from: to, to: from })),
    2,
  );
  const [first] = touched;
  if (first !== undefined) {
    take(
      names.map((to) => ({ from: first.from, to })),
      1,
    );
    take(
      names.map((from) => ({ from, to: first.to })),
      1,
    );
  }
  return [...found.values()];
}

function keyOf({ from, to }: DirectedLink): string {
  return JSON.stringify([from, to]);
}
