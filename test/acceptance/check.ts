// One acceptance check: what it proves, how long it takes, and its rows.

import type { Rows } from "./rows.ts";
import type { Site } from "./site.ts";

export interface Check {
  readonly number: number;
  readonly title: string;
  /** A first estimate for AWS; no run on AWS was measured yet. */
  readonly minutes: number;
  /** Runs only when it is asked for. */
  readonly optIn?: true;
  run(site: Site, rows: Rows): Promise<void>;
}
