// A complete run of `npm run acceptance` on AWS, for tests of what reads its report.

import type { Run } from "./report.ts";

export const SAMPLE_RUN: Run = {
  place: "AWS",
  region: "eu-west-1",
  clusterId: "acceptance-0123abcd",
  start: Date.UTC(2026, 10, 26, 12),
  end: Date.UTC(2026, 10, 26, 13, 40),
  commit: "0123abc",
  programs: [],
  isInterrupted: false,
  isShort: false,
  titles: {},
};
