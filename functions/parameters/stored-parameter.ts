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

/** In milliseconds: how long the function uses a mapping or deny list before it reads it again. */
export const MAPPING_FOUND_MS = 30_000;

/** In milliseconds: how long a read may take, and how long a failed one is cached. While it throttles, each would cost two calls. */
export const READ_MS = 2_000;
export const FAILED_READ_MS = 1_000;
