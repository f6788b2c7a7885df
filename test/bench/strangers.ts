// How many logins fail while strangers send tokens for an STS host that does not answer: `npm run bench -- strangers`.

import { DEFAULTS } from "../../infra/common-props.ts";
import { markdown } from "./measure.ts";
import { runStrangers } from "./spikes/run-strangers.ts";

const RATES = [1, 3, 5, 10, 20, 40];

const rows: string[][] = [];
for (const perSecond of RATES) {
  const row = [String(perSecond)];
  for (const onlyRegion of [false, true]) {
    const { logins, failed, slowest } = await runStrangers({ perSecond, onlyRegion, ...DEFAULTS });
    row.push(`${failed} of ${logins}`, slowest.toFixed(1));
  }
  rows.push(row);
}
const head = ["tokens a second", "failed", "slowest, s", "failed, `stsRegions`", "slowest, s"];
console.log(markdown(head, rows));
