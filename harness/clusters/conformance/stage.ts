/** A scenario on a cluster, and everything that the cluster reported while it was played. */
import type { Data, Observation, Outcome } from '../../../impl/protocol.ts';
import type { Cluster, ClusterEvents, OpenCluster } from '../../model/cluster.ts';
import type { LinkReceipt, LinksLine, TrafficLine } from '../../model/history.ts';
import type { Plan } from '../../model/plan.ts';

const MS = 1e6;
/** How often the end is looked for once members were told to stop, and when it is no longer waited for. */
const LOOK_EVERY_MS = 100;
const POLL_EVERY_MS = 250;
const PATIENCE_MS = 30_000;

export interface Scenario {
  readonly plan: Plan;
  /** Plans everything with `stage.at`; nothing has started yet. */
  script(stage: Stage): void;
}

interface Seen {
  readonly member: string;
  readonly observation: Observation;
  readonly time: number;
}

interface Viewed {
  readonly member: string;
  readonly round: number;
  readonly channel: string;
  readonly digest: string;
  readonly view: Data | undefined;
}

export class Stage {
  readonly ups: { member: string; life: number; boot: number; time: number }[] = [];
  readonly downs: { member: string; life: number; time: number; expected: boolean; reason: string }[] = [];
  readonly views: Viewed[] = [];
  /** Kinds of events in the order of their reports. */
  readonly events: string[] = [];
  /** Latest time of any report, ns. */
  latest = 0;
  /** When `run` returned, ns. */
  endedAt = 0;
  readonly #names: readonly string[];
  readonly #replies = new Map<number, { outcome: Outcome; time: number }>();
  readonly #seen: Seen[] = [];
  readonly #traffic: TrafficLine[] = [];
  readonly #links: LinksLine[] = [];
  #starts = 0;
  #failure: Error | undefined;
  #cluster: Cluster | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Rejects with what the cluster failed with. */
  static async play(open: OpenCluster, scenario: Scenario): Promise<Stage> {
    const stage = new Stage(scenario.plan.members.map((member) => member.name));
    const cluster = await open({ plan: scenario.plan, events: stage.#listener(), directory: undefined });
    stage.#cluster = cluster;
    scenario.script(stage);
    await cluster.run();
    stage.endedAt = cluster.now();
    if (stage.#failure !== undefined) throw stage.#failure;
    return stage;
  }

  at(ms: number, action: (cluster: Cluster) => void): void {
    const cluster = this.#cluster as Cluster;
    cluster.at(ms * MS, () => action(cluster));
  }

  start(ms: number, member: string, life: number, boot: number, restore: boolean): void {
    this.#starts++;
    this.at(ms, (cluster) => cluster.start(member, life, boot, restore));
  }

  startAll(): void {
    for (const name of this.#names) this.start(0, name, 1, 1, false);
  }

  pollAll(ms: number, round: number, full = false): void {
    for (const name of this.#names) this.at(ms, (cluster) => cluster.poll(name, round, full));
  }

  /** One action after the other, each as soon as its condition holds; `play` rejects when one never does. */
  sequence(
    steps: readonly (readonly [condition: () => boolean, action: (cluster: Cluster) => void])[],
    fromMs = 0,
  ): void {
    const [first, ...rest] = steps;
    if (first === undefined) return;
    const [condition, action] = first;
    const look = (atMs: number): void => {
      this.at(atMs, (cluster) => {
        if (condition()) {
          action(cluster);
          this.sequence(rest, atMs);
        } else if (atMs < fromMs + PATIENCE_MS) look(atMs + LOOK_EVERY_MS);
        else {
          this.#failure = new Error(`waited in vain for ${condition}`);
          cluster.finish();
        }
      });
    };
    look(fromMs);
  }

  /** Stops every member, so that its last counts are written, and finishes when all are down. */
  endAt(ms: number): void {
    for (const name of this.#names) this.at(ms, (cluster) => cluster.stop(name));
    const fromMs = Math.max(ms, (this.#cluster as Cluster).now() / MS);
    const look = (atMs: number): void => {
      this.at(atMs, (cluster) => {
        if (this.downs.length >= this.#starts || atMs > fromMs + PATIENCE_MS) cluster.finish();
        else look(atMs + LOOK_EVERY_MS);
      });
    };
    look(fromMs);
  }

  reply(operation: number): { readonly outcome: Outcome; readonly time: number } | undefined {
    return this.#replies.get(operation);
  }

  observed(member: string, kind: Observation['kind']): Seen[] {
    return this.#seen.filter((seen) => seen.member === member && seen.observation.kind === kind);
  }

  digests(round: number, channel: string): string[] {
    return this.views.filter((view) => view.round === round && view.channel === channel).map((view) => view.digest);
  }

  trafficOf(member: string): TrafficLine[] {
    return this.#traffic.filter((line) => line.member === member);
  }

  trafficTotal(member: string, direction: 'sent' | 'received', kind: string): [number, number] {
    let [messages, bytes] = [0, 0];
    for (const line of this.trafficOf(member)) {
      messages += line[direction][kind]?.[0] ?? 0;
      bytes += line[direction][kind]?.[1] ?? 0;
    }
    return [messages, bytes];
  }

  /** The longest time for which a member did not run although it wanted to, ms. */
  longestStallMs(): number {
    return Math.max(0, ...this.#traffic.map((line) => line.stalledMs));
  }

  /** The first round from that one on in which all members that were asked said the same; undefined: there is none. */
  agreedFrom(round: number, channel: string): number | undefined {
    const later = [...new Set(this.views.map((view) => view.round))].filter((one) => one >= round);
    return later.find((one) => {
      const digests = this.digests(one, channel);
      return digests.length === this.#names.length && new Set(digests).size === 1;
    });
  }

  /** Asks all members again and again, in rounds from that one on, for as long as anybody would wait for an answer. */
  pollOn(round: number): void {
    const fromMs = (this.#cluster as Cluster).now() / MS;
    for (let i = 0; i * POLL_EVERY_MS < PATIENCE_MS; i++) this.pollAll(fromMs + i * POLL_EVERY_MS, round + i);
  }

  /** Datagrams that were thrown away on arrival, for any reason, by anybody. */
  dropped(): number {
    return sum(this.#traffic.flatMap((line) => Object.values(line.dropped)));
  }

  sent(epoch: number, from: string, to: string): number {
    return sum(this.#epoch(epoch, from).map((line) => line.sent[to]?.[0] ?? 0));
  }

  received(epoch: number, from: string, to: string): number {
    return sum(this.#epoch(epoch, to).map((line) => line.received[from]?.received ?? 0));
  }

  /** Datagrams sent by all members in an epoch. */
  sentIn(epoch: number): number {
    return sum(this.#epoch(epoch).flatMap((line) => Object.values(line.sent).map(([messages]) => messages)));
  }

  /** Messages sent by all members, in all epochs and between them. */
  sentAltogether(): number {
    return sum(this.#traffic.flatMap((line) => Object.values(line.sent).map(([messages]) => messages)));
  }

  /** What arrived of an epoch's datagrams at all members together. */
  receivedIn(epoch: number): Pick<LinkReceipt, 'received' | 'bytes' | 'duplicates' | 'overtaken' | 'delayMin'> {
    const receipts = this.#epoch(epoch).flatMap((line) => Object.values(line.received));
    return {
      received: sum(receipts.map((receipt) => receipt.received)),
      bytes: sum(receipts.map((receipt) => receipt.bytes)),
      duplicates: sum(receipts.map((receipt) => receipt.duplicates)),
      overtaken: sum(receipts.map((receipt) => receipt.overtaken)),
      delayMin: Math.min(...receipts.map((receipt) => receipt.delayMin)),
    };
  }

  /** Datagrams that arrived damaged at all members, in all epochs. */
  corrupted(): number {
    return sum(this.#links.flatMap((line) => Object.values(line.corrupted)));
  }

  #epoch(epoch: number, member?: string): LinksLine[] {
    return this.#links.filter((line) => line.epoch === epoch && (member === undefined || line.member === member));
  }

  #listener(): ClusterEvents {
    const note = (kind: string, time: number): void => {
      this.events.push(kind);
      this.latest = Math.max(this.latest, time);
    };
    return {
      up: (member, life, boot, time) => {
        note('up', time);
        this.ups.push({ member, life, boot, time });
      },
      down: (member, life, time, expected, reason) => {
        note('down', time);
        this.downs.push({ member, life, time, expected, reason });
      },
      reply: (_member, operation, outcome, time) => {
        note('reply', time);
        if (this.#replies.has(operation)) this.#failure = new Error(`operation ${operation} was answered twice`);
        this.#replies.set(operation, { outcome, time });
      },
      observe: (member, _life, _channel, observation, time) => {
        note('observe', time);
        this.#seen.push({ member, observation, time });
      },
      view: (member, _life, round, channel, digest, view, time) => {
        note('view', time);
        this.views.push({ member, round, channel, digest, view });
      },
      traffic: (line) => {
        note('traffic', line.time);
        this.#traffic.push(line);
      },
      links: (line) => {
        note('links', line.time);
        this.#links.push(line);
      },
      failed: (error) => {
        this.#failure = error;
      },
    };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
