// Defaults of the constructs and of a release's templates.

import { RetentionDays } from "aws-cdk-lib/aws-logs";

export const DEFAULTS = {
  /** MB. Measured in test/bench/README.md. */
  memorySize: 512,
  logRetention: RetentionDays.THREE_MONTHS,
  issuerThrottle: { rateLimit: 100, burstLimit: 200 },
} as const;
