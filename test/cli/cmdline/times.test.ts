// The end that --until and --for give, counted from AWS's time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { endOf } from "../../../cli/cmdline/times.ts";

const NOW = Date.UTC(2026, 10, 24, 12, 30);

for (const [until, end] of [
  ["2026-11-25", "2026-11-25T00:00:00Z"],
  ["2026-11-24T16:00:00Z", "2026-11-24T16:00:00Z"],
  ["2h", "2026-11-24T14:30:00Z"],
  ["1w", "2026-12-01T12:30:00Z"],
] as const) {
  test(`--until accepts ${until}`, () => {
    const endAt = endOf({ until }, "");
    assert.equal(endAt(NOW), end);
    // The other clusters of a command get the same end, a second later.
    assert.equal(endAt(NOW + 1_000), end);
  });
}

test("without --until and --for, there is no end", () => {
  assert.equal(endOf({}, "")(NOW), undefined);
});

for (const until of ["2026-11-24", "2026-11-24T12:29:59Z"]) {
  test(`--until refuses ${until}, which is in the past`, () => {
    const time = until.includes("T") ? until : `${until}T00:00:00Z`;
    assert.throws(() => endOf({ until }, ": why")(NOW), {
      message: `--until ${time} is in the past: why.`,
    });
  });
}

for (const [until, why = ""] of [
  ["tomorrow"],
  [""],
  ["0d"],
  ["-1d"],
  ["2026-12"],
  ["2026-02-30", ": 2026-02-30 does not exist"],
  ["2026-02-30T10:00:00Z", ": 2026-02-30 does not exist"],
  ["2026-12-31 "],
  ["2026-12-31T00:00:00+01:00"],
] as const) {
  test(`--until refuses ${JSON.stringify(until)}`, () => {
    assert.throws(() => endOf({ until }, ""), {
      message:
        "--until must be a duration such as 2h or 3d, a day such as 2026-12-31, or a time such as 2026-12-31T00:00:00Z, " +
        `not ${JSON.stringify(until)}${why}. Nothing was written.`,
    });
  });
}
