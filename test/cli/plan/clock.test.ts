// A wrong clock: whether an end has passed, and what --for and --until mean, depends on Parameter
// Store's time only.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { endOf } from "../../../cli/cmdline/times.ts";
import { startParameterStore } from "../../local-aws.ts";
import { settingsOf } from "../../stored-settings.ts";
import { cli, useLocalAws } from "../cli.ts";
import { exits, named, PREFIX, readParameter } from "../commands/mappings/cluster.ts";

const A = "111122223333";
const NOW = Date.UTC(2026, 10, 28, 12);
const MINUTE = 60_000;
const at = (minutes: number) => `${new Date(NOW + minutes * MINUTE).toISOString().slice(0, 19)}Z`;
const arn = (name: string) => `arn:aws:iam::${A}:user/${name}`;
const ADMIN = {
  [`user/${A}/admin`]: { arn: arn("admin"), username: "admin", groups: ["system:masters"] },
};

/** @param skew minutes by which the clock of the command is ahead */
async function wrongClock(t: TestContext, skew: number, values: Readonly<Record<string, unknown>>) {
  let time = NOW - 60 * MINUTE;
  const parameters = { ...settingsOf("prod"), ...named({ ...ADMIN, ...values }) };
  const store = await startParameterStore({ parameters, now: () => time, sendsDate: true });
  t.after(() => store.close());
  time = NOW;
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
  return {
    run: (words: string, input = "") =>
      cli(`${words} -c prod`, {
        input,
        now: NOW + skew * MINUTE,
        onSleep: (ms) => {
          time += ms;
        },
      }),
    value: (name: string) => readParameter(store, `${PREFIX}/${name}`),
  };
}

const X = { arn: arn("x"), username: "x" };
const DENIES_X = (end: string) => ({
  [`deny/${A}`]: [{ arnLike: X.arn, notAfter: end }],
  [`user/${A}/x`]: X,
});

test("a wrong clock neither lifts a denial without a mark nor marks an ended one", async (t) => {
  for (const [skew, end, mark] of [
    [3, 1, true],
    [3, -1, false],
    [-180, -1, false],
    [-180, 1, true],
  ] as const) {
    const { run, value } = await wrongClock(t, skew, DENIES_X(at(end)));
    const allowed = run(`mappings allow ${X.arn} -y`);
    if (mark) await exits(allowed, 1, /^Refused, because it needs your consent: 1 /m);
    else await exits(allowed, 0);
    assert.equal(((await value(`deny/${A}`)) as []).length, mark ? 1 : 0);
  }
});

test("--for counts from AWS's time, and gives every cluster the same end", async (t) => {
  assert.deepEqual([NOW, NOW + MINUTE].map(endOf({ for: 60 * MINUTE }, "")), [at(60), at(60)]);
  for (const skew of [-120, 120]) {
    const { run, value } = await wrongClock(t, skew, { [`user/${A}/x`]: X });
    await exits(run(`callers add c --arn ${arn("c")} --for 2h -y`), 0);
    assert.deepEqual(await value("callers"), [{ name: "c", arn: arn("c"), notAfter: at(120) }]);
    // 30 s in the function, 2 min in kube-apiserver's cache of the webhook, and 10 s in its cache
    // of tokens.
    const ends = `Access ends by ${at(160 / 60)}, `;
    await exits(run(`mappings deny ${X.arn} --for 1h -y`), 0, new RegExp(ends));
    assert.deepEqual(await value(`deny/${A}`), [{ arnLike: X.arn, notAfter: at(60) }]);
    await exits(run(`mappings set ${X.arn} --username x --for 30m --allow-weakening -y`), 0);
    assert.deepEqual(await value(`user/${A}/x`), { ...X, notAfter: at(30) });
  }
});

test("an end that AWS's clock has passed is refused, and one that it has not is written", async (t) => {
  for (const [skew, end, isPast] of [
    [-120, -30, true],
    [120, 30, false],
  ] as const) {
    const ofX = [`mappings deny ${X.arn}`, `mappings set ${X.arn} --username x`];
    for (const words of [...ofX, `callers add c --arn ${arn("c")}`]) {
      const { run } = await wrongClock(t, skew, {});
      const past = new RegExp(`^--until ${at(end)} is in the past`);
      await exits(run(`${words} --until ${at(end)} -y`), isPast ? 2 : 0, isPast ? past : undefined);
    }
  }
});

test("commands that only read use AWS's time", async (t) => {
  for (const skew of [-120, 120]) {
    const { run } = await wrongClock(t, skew, {
      [`user/${A}/ended`]: { arn: arn("ended"), username: "ended", notAfter: at(-30) },
      [`user/${A}/active`]: { arn: arn("active"), username: "active", notAfter: at(30) },
      [`user/${A}/denied`]: { arn: arn("denied"), username: "denied" },
      [`deny/${A}`]: [
        { arnLike: arn("denied"), notAfter: at(20) },
        { arnLike: arn("active"), notAfter: at(-20) },
      ],
      "pattern/any": [{ arnLike: "arn:aws:iam::*:user/y", username: "y", notAfter: at(-10) }],
      callers: [-40, 40].map((end) => ({ name: `c${end}`, arn: arn("c"), notAfter: at(end) })),
    });
    const verdict = async (name: string) =>
      JSON.parse((await run(`explain ${arn(name)} -o json`)).out).refusal?.code;
    const verdicts = [await verdict("ended"), await verdict("active"), await verdict("denied")];
    assert.deepEqual(verdicts, ["identity_unmapped", undefined, "identity_denied"]);
    assert.match(
      (await run("explain denied")).out,
      /user\/\d+\/denied +denied by deny\/111122223333$/m,
    );
    const { out: list } = await run("mappings list -o json");
    const denied = JSON.parse(list).filter(
      (item: { deniedBy?: string }) => item.deniedBy !== undefined,
    );
    assert.deepEqual([denied.length, denied[0].username], [1, "denied"]);
    const { out: found } = await run("mappings lint -o json");
    const expired = JSON.parse(found).filter(({ rule }: { rule: string }) => rule === "expired");
    const places = expired.map(({ where }: { where: string }) => where).sort();
    assert.deepEqual(places, [`deny/${A}`, "pattern/any", `user/${A}/ended`]);
    const { out: callers } = await run("callers list -o json");
    assert.deepEqual(callers.match(/(?<="state": ")\w+/g), ["ended", "accepted"]);
    const [, left] = [await run("callers remove c-40 -y"), await run("callers remove c40 -y")];
    assert.match(left.err, /^Refused: no caller would remain accepted for an hour/);
    const mappings = [-5, 5].map((end) => ({
      arn: arn(`f${end}`),
      username: "f",
      notAfter: at(end),
    }));
    const { err } = await run("mappings apply -f - --dry-run", JSON.stringify({ mappings }));
    assert.match(err, /^Warning: \S+user\/f-5 ended on [^\n]*\.\n(?!Warning: \S+user\/f5)/);
  }
});
