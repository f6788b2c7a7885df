// The configuration file applies to every command with --cluster, including `reviews`, which runs `reviews list`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Command } from "commander";
import { createProgram } from "../../cli/program.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import { localIdentity } from "../../local/identities.ts";
import { startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { cli, useLocalAws } from "./cli.ts";
import { useFolder } from "./folder.ts";
import { exits } from "./mappings/cluster.ts";
import { lineOf, loggedServices, MINUTE, NOW } from "./reviews/services.ts";

const home = useFolder();
const environment = { HOME: home.path };
const ALICE = "arn:aws:iam::111122223333:user/engineering/alice";
const CONTEXT = { cluster: "prod", region: "us-west-2", profile: "ops", prefix: "/elsewhere" };
home.configure({ contexts: { live: CONTEXT } });

let logged: Awaited<ReturnType<typeof loggedServices>>;
before(async () => {
  logged = await loggedServices([lineOf({ time: NOW - MINUTE, outcome: "denied", arn: ALICE })]);
  const { accessKeyId, secretAccessKey } = localIdentity("alice");
  const keys = `[ops]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  useLocalAws({ ...logged.variables, AWS_SHARED_CREDENTIALS_FILE: home.write("credentials", keys) });
  for (const name of ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) delete process.env[name];
});

after(() => logged.close());

function commandsBelow(
  command: Command,
  path: readonly string[] = [],
): { path: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => commandsBelow(child, [...path, child.name()]));
}

test("every command with --cluster uses the context's cluster, and the other values for which it has options", async () => {
  const streams = { ...processStreams(), environment };
  const takers = commandsBelow(await createProgram(streams))
    .filter(({ command }) => command.options.some(({ long }) => long === "--cluster"))
    .map(({ path }) => path.join(" "));
  assert.ok(takers.length > 20);
  for (const path of takers) {
    const program = await createProgram(streams);
    const { command } = commandsBelow(program).find((one) => one.path.join(" ") === path) ?? assert.fail(path);
    const needed = [
      ...command.registeredArguments.filter(({ required }) => required).map(() => "x"),
      ...command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long ?? "", "https://x"]),
    ];
    let seen: Record<string, unknown> = {};
    command.action(() => {
      seen = command.opts();
    });
    await program.parseAsync([...path.split(" "), ...needed, "-c", "live"], { from: "user" });
    const expected = Object.entries(CONTEXT).filter(([name]) =>
      command.options.some(({ long }) => long === `--${name}`),
    );
    assert.deepEqual(
      expected.map(([name]) => [name, seen[name]]),
      expected,
      path,
    );
  }
});

test("reviews reads the log of the context's cluster, and prints a command that explains a denial there", async () => {
  const { out } = await exits(cli(["reviews", "-c", "live", "-o", "json"], { environment, now: NOW }), 0, "");
  const [{ explain }] = JSON.parse(out);
  assert.equal(
    explain,
    `npx lambda-iam-authenticator explain -c prod --prefix /elsewhere --region us-west-2 --profile ops ${ALICE}`,
  );
});

test("whoami uses the context's profile and prefix", async (t) => {
  const sts = await startSts();
  t.after(() => sts.close());
  const value = JSON.stringify({ arn: ALICE, username: "alice" });
  const store = await startParameterStore({
    region: "us-west-2",
    parameters: { "/elsewhere/user/111122223333/alice": value },
  });
  t.after(() => store.close());
  Object.assign(process.env, { AWS_ENDPOINT_URL_STS: sts.url, AWS_ENDPOINT_URL_SSM: store.url });
  const { out } = await exits(cli(["whoami", "-c", "live", "-o", "json"], { environment }), 0, "");
  assert.equal(JSON.parse(out).parameter, "/elsewhere/user/111122223333/alice");
});
