import { HISTOGRAM_RELATIVE_ERROR } from '../rollup/histogram.ts';
import { PASS_RATE_MIN_NUMBERS, PASS_RATE_OF_CARDS, PASS_RATE_OF_IDS } from './card-evidence-judged.ts';
import { UNAWAITED_MIN_CALLS, UNAWAITED_SHARE } from './call-site-waiting.ts';
import { CRITICAL_FREQUENCY, CRITICAL_SHARE, REQUIRED_PARTICIPATION } from './critical-service.ts';
import { ELEMENTARY_MAX_LENGTH } from './elementary-circles.ts';
import { ENTRY_POINT_SHARE, MIN_COMPLETE_TRACES } from './entry-point.ts';
import { COMPONENT_CYCLE_LIMIT, CYCLE_LIMIT } from './found-circle.ts';
import { HARDNESS_MIN_FAILURES, HARDNESS_SHARE } from './hardness.ts';
import { ADDRESS_MIN_CALLS, ADDRESS_SHARE } from './learned-addresses.ts';
import { CHATTY_CALLS, CHATTY_MIN_TRACES, HUB_NEIGHBORS, LONG_CHAIN } from './service-boundary.ts';
import { ATTESTATION_DAYS, DEPLOYMENT_DAYS, TRACED_SHARE } from './scorecard.ts';
import { WILSON_Z } from './wilson.ts';

/** What every verdict rests on. */
export const PARAMETERS: Readonly<Record<string, number>> = {
  chattyCalls: CHATTY_CALLS,
  chattyMinimumTraces: CHATTY_MIN_TRACES,
  hubNeighbors: HUB_NEIGHBORS,
  longChain: LONG_CHAIN,
  attestationDays: ATTESTATION_DAYS,
  deploymentDays: DEPLOYMENT_DAYS,
  tracedShare: TRACED_SHARE,
  addressMinimumCalls: ADDRESS_MIN_CALLS,
  addressShare: ADDRESS_SHARE,
  criticalFrequency: CRITICAL_FREQUENCY,
  criticalShare: CRITICAL_SHARE,
  componentCycleLimit: COMPONENT_CYCLE_LIMIT,
  cycleLimit: CYCLE_LIMIT,
  elementaryMaxLength: ELEMENTARY_MAX_LENGTH,
  entryPointShare: ENTRY_POINT_SHARE,
  hardnessMinimumFailures: HARDNESS_MIN_FAILURES,
  hardnessShare: HARDNESS_SHARE,
  histogramRelativeError: HISTOGRAM_RELATIVE_ERROR,
  minimumTraces: MIN_COMPLETE_TRACES,
  passRateMinimumNumbers: PASS_RATE_MIN_NUMBERS,
  passRateOfCards: PASS_RATE_OF_CARDS,
  passRateOfIds: PASS_RATE_OF_IDS,
  requiredParticipation: REQUIRED_PARTICIPATION,
  unawaitedMinimumCalls: UNAWAITED_MIN_CALLS,
  unawaitedShare: UNAWAITED_SHARE,
  wilsonZ: WILSON_Z,
};
