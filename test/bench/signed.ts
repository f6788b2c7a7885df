// A restart of three kube-apiservers with each kind of token, for the settings of docs/performance.md.
// `npm run bench -- signed`.

import { markdown } from "./measure.ts";
import { failures, type SpikeResult } from "./spikes/result.ts";
import { runSpikes } from "./spikes/run-spikes.ts";
import { SETTINGS } from "./spikes/settings.ts";

const KINDS = [undefined, "jwt"] as const;

const rows = [200, 1_000].flatMap((people) =>
  [1, 20].flatMap((roles) =>
    Object.entries(SETTINGS).map(([name, settings]) => {
      const spike = { ...settings, who: { people, roles }, apiservers: 3, withinMs: 1_000, seed: 1 };
      return { people: `${people.toLocaleString("en")}, ${roles}`, name, spike };
    }),
  ),
);
const spikes = rows.flatMap(({ spike }) => KINDS.map((tokens) => ({ ...spike, ...(tokens && { tokens }) })));
const started = performance.now();
const results = await runSpikes(spikes);

/** The figure for `k8s-aws-v1.` tokens, then for AWS-signed tokens. */
function pair(row: number, figure: (result: SpikeResult) => string): string {
  return KINDS.map((_, kind) => figure(results[row * KINDS.length + kind] as SpikeResult)).join(" / ");
}

const table = rows.map(({ people, name }, row) => [
  people,
  name,
  pair(row, ({ all }) => all.toFixed(1)),
  pair(row, failures),
  pair(row, ({ calls }) => String(calls.sts.total)),
  pair(row, ({ calls }) => String(calls.ssm.total)),
]);
console.log(markdown(["people, roles", "settings", "all, s", "failed look-ups", "STS", "SSM"], table));
console.log(`\n${spikes.length} load spikes took ${((performance.now() - started) / 1000).toFixed(0)} s`);
