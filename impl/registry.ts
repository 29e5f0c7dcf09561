/** Every protocol by its name: what `--protocol NAME` and a plan's channels refer to. */
import { aggregation } from './aggregation/aggregation.ts';
import { akka } from './akka/akka.ts';
import { antiEntropy } from './anti-entropy/anti-entropy.ts';
import { bracha } from './bracha/bracha.ts';
import { cassandra } from './cassandra/cassandra.ts';
import { consensus } from './consensus/consensus.ts';
import { consul } from './consul/consul.ts';
import { hybrid } from './hybrid/hybrid.ts';
import type { AnyProtocol } from './protocol.ts';
import { push } from './push/push.ts';
import { rumor } from './rumor/rumor.ts';
import { swim } from './swim/swim.ts';
import { textbookAkka } from './textbook/akka.ts';
import { textbookAntiEntropy } from './textbook/anti-entropy.ts';
import { textbookAveraging } from './textbook/averaging.ts';
import { textbookBroadcast } from './textbook/broadcast.ts';
import { textbookCassandra } from './textbook/cassandra.ts';
import { textbookConsensus } from './textbook/consensus.ts';
import { textbookConsul } from './textbook/consul.ts';
import { textbookHybrid } from './textbook/hybrid.ts';
import { textbookPush } from './textbook/push.ts';
import { textbookRumor } from './textbook/rumor.ts';
import { textbookSwim } from './textbook/swim.ts';

const ALL: readonly AnyProtocol[] = [
  swim,
  rumor,
  antiEntropy,
  bracha,
  cassandra,
  akka,
  consul,
  push,
  hybrid,
  aggregation,
  consensus,
];

/** Naive versions with flaws that are kept: for the harness to convict, not to be used. */
const TEXTBOOK: readonly AnyProtocol[] = [
  textbookSwim,
  textbookRumor,
  textbookPush,
  textbookAntiEntropy,
  textbookBroadcast,
  textbookHybrid,
  textbookAveraging,
  textbookConsensus,
  textbookCassandra,
  textbookConsul,
  textbookAkka,
];

/** In the order in which they are listed to users. */
export const protocols: ReadonlyMap<string, AnyProtocol> = new Map(
  [...ALL, ...TEXTBOOK].map((protocol) => [protocol.name, protocol]),
);

/** The protocols that `--protocol suite` runs together in one member, in the order of their channels. */
export const SUITE: readonly string[] = ['swim', 'rumor', 'anti-entropy', 'aggregation', 'bracha'];
