// Load spikes: a control plane restarts, or STS fails. Runs the built bundle in as many environments
// as Lambda would start, with AWS's limits. `npm run bench -- spikes [set]`; the default set is the quick one.

import { markdown } from "./measure.ts";
import { failures, type SpikeResult } from "./spikes/result.ts";
import type { Spike } from "./spikes/run-spike.ts";
import { runSpikes } from "./spikes/run-spikes.ts";
import { SETTINGS, type Settings, type SettingsName } from "./spikes/settings.ts";

const NAMES = Object.keys(SETTINGS) as SettingsName[];

interface Row {
  readonly name: string;
  readonly settings: string;
  readonly spike: Spike;
}

function row(name: string, settings: SettingsName, rest: Omit<Spike, keyof Settings | "seed">): Row {
  return { name, settings, spike: { ...SETTINGS[settings], ...rest, seed: 1 } };
}

function restart(people: number, roles: number, settings: SettingsName): Row {
  const name = `${people.toLocaleString("en")} people, ${roles} ${roles === 1 ? "role" : "roles"}, 3 kube-apiservers`;
  return row(name, settings, { who: { people, roles }, apiservers: 3, withinMs: 1_000 });
}

function restarts(): Row[] {
  return [50, 200, 1_000].flatMap((people) =>
    [1, 20, 500]
      .filter((roles) => roles <= people)
      .flatMap((roles) => NAMES.map((settings) => restart(people, roles, settings))),
  );
}

function outage(kind: "reset" | "silent", settings: SettingsName): Row {
  const what = kind === "reset" ? "refuses connections" : "does not respond";
  return row(`200 people, 20 roles, 3 kube-apiservers; STS ${what} for 30 s`, settings, {
    who: { people: 200, roles: 20 },
    apiservers: 3,
    withinMs: 1_000,
    stsOutage: { endsMs: 30_000, kind },
  });
}

const SETS: Readonly<Record<string, () => Row[]>> = {
  quick: () => [
    ...(["none reserved", "8 reserved (default)"] as const).map((settings) => restart(200, 20, settings)),
    restart(1_000, 1, "20 reserved, throttle 1,000/5,000"),
  ],
  three: restarts,
  outage: () => (["reset", "silent"] as const).flatMap((kind) => NAMES.map((settings) => outage(kind, settings))),
};

const set = process.argv[2] ?? "quick";
const chosen = set === "whole" ? Object.values(SETS).flatMap((rows) => rows()) : SETS[set]?.();
if (chosen === undefined) {
  console.error(`unknown set ${set}; choose one of ${[...Object.keys(SETS), "whole"].join(", ")}`);
  process.exit(2);
}
const started = performance.now();
const results = await runSpikes(chosen.map(({ spike }) => spike));
console.log(table(chosen, results));
console.log(`\n${chosen.length} load spikes took ${((performance.now() - started) / 1000).toFixed(0)} s`);

function table(rows: readonly Row[], results: readonly SpikeResult[]): string {
  const head = [
    ...["load spike", "settings", "half in, s", "99 %, s", "all, s", "look-ups", "failed", "requests"],
    ...["429 of the gateway", "throttled by Lambda", "environments", "STS", "SSM", "USD"],
  ];
  return markdown(
    head,
    rows.map(({ name, settings }, index) => {
      const result = results[index] as SpikeResult;
      return [
        name,
        settings,
        ...[result.half, result.most, result.all].map((seconds) => seconds.toFixed(1)),
        String(result.lookUps),
        failures(result),
        ...[result.requests, result.gatewayThrottled, result.lambdaThrottled, result.environments].map(String),
        ...Object.values(result.calls).map(({ total, throttled }) =>
          throttled === 0 ? String(total) : `${total}, ${throttled} throttled`,
        ),
        result.usd.toFixed(4),
      ];
    }),
  );
}
