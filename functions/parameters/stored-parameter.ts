// A parameter as Parameter Store holds it, before anybody has looked at its value.

import type { EpochMs } from "../lib/deadline.ts";

export interface StoredParameter {
  readonly value: string;
  /** A SecureString: its text is cipher, and nothing that is read here is a secret. */
  readonly secure: boolean;
}

export interface DatedParameter extends StoredParameter {
  /** When its value was last written, in milliseconds since 1970. */
  readonly modified: EpochMs;
}
