// A parameter as Parameter Store returns it, with its value not parsed.

import type { EpochMs } from "../lib/deadline.ts";

export interface StoredParameter {
  readonly value: string;
  /** Whether it is a SecureString. Its value is then encrypted, and invalid: the function reads no secrets. */
  readonly secure: boolean;
}

export interface DatedParameter extends StoredParameter {
  /** When its value was last written. */
  readonly modified: EpochMs;
}
