/** The search finds what is planted in the protocols by which members agree; beside search.test.ts, as these take as long. */
import { AGREEMENT, huntBugsOf } from './hunt.ts';

huntBugsOf((protocol) => AGREEMENT.has(protocol));
