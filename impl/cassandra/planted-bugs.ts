/** Test support: Cassandra's gossip with one flaw each, for checkers to convict. Imported by tests only. */
import { type CassandraProtocol, createCassandra } from './cassandra.ts';

/** Never convicts anybody: detection must catch it. */
export const cassandraNeverConvicts: CassandraProtocol = createCassandra({ neverConvicts: true });
/** Takes a conviction as final for the generation: reinstatement must catch it. */
export const cassandraNeverReinstates: CassandraProtocol = createCassandra({ neverReinstates: true });
/** Never contacts the unreachable: after a partition long enough to convict, convergence must catch it. */
export const cassandraForgetsUnreachable: CassandraProtocol = createCassandra({ forgetsUnreachable: true });
/** Compares versions across generations: reinstatement (generations never go back) must catch it. */
export const cassandraIgnoresGenerations: CassandraProtocol = createCassandra({ ignoresGenerations: true });
