// Defaults of the constructs and of a release's templates.

import { RetentionDays } from "aws-cdk-lib/aws-logs";

export const DEFAULTS = {
  /** MB. Measured in test/bench/README.md. */
  memorySize: 512,
  /** Separates logins from the account's other functions, and bounds reads of Parameter Store. */
  reservedConcurrency: 8,
  logRetention: RetentionDays.THREE_MONTHS,
  issuerThrottle: { rateLimit: 100, burstLimit: 200 },
} as const;
