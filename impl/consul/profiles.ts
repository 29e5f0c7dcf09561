/** memberlist's three ready configurations (config.go: DefaultLANConfig, DefaultWANConfig, DefaultLocalConfig). */
import { settingsOf } from '../protocol.ts';
import { type ConsulSettings, consulSettings } from './settings.ts';

const LAN: ConsulSettings = settingsOf(consulSettings, 'default');

export const consulProfiles: { readonly [K in 'lan' | 'wan' | 'local']: ConsulSettings } = {
  lan: LAN,
  wan: {
    ...LAN,
    probeIntervalMs: 5000,
    probeTimeoutMs: 3000,
    suspicionMultiplier: 6,
    confirmations: 4,
    gossipIntervalMs: 500,
    gossipNodes: 4,
    gossipToTheDeadMs: 60_000,
    pushPullIntervalMs: 60_000,
  },
  local: {
    ...LAN,
    probeTimeoutMs: 200,
    indirectProbes: 1,
    suspicionMultiplier: 3,
    confirmations: 1,
    retransmitMultiplier: 2,
    gossipIntervalMs: 100,
    gossipToTheDeadMs: 15_000,
    pushPullIntervalMs: 15_000,
  },
};
