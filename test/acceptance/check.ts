// The type of an acceptance check: title, duration and rows.

import type { Rows } from "./rows.ts";
import type { Site } from "./site.ts";

export interface Check {
  readonly number: number;
  readonly title: string;
  /** An estimate: no run on AWS has been measured yet. */
  readonly minutes: number;
  /** Needs an account that signs tokens, and with --enable-token-signing enables it. */
  readonly needsSigning?: true;
  run(site: Site, rows: Rows): Promise<void>;
}
