// What the constructs, and the templates of a release, take where nothing else is chosen.

import { RetentionDays } from "aws-cdk-lib/aws-logs";

export const DEFAULTS = {
  /** MB; docs/performance.md has the measurements. */
  memorySize: 512,
  logRetention: RetentionDays.THREE_MONTHS,
  issuerThrottle: { rateLimit: 100, burstLimit: 200 },
} as const;
