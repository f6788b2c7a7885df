// Records a terminal session for README.md: an identity is denied, the reason, a mapping, and access. The commands are
// real processes; STS and Parameter Store are the local ones. No time or random value is in their output.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { FULL_NAME } from "../../cli/program-name.ts";
import { localIdentity } from "../../local/identities.ts";
import { startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { type Attributes, element, image, label } from "./svg.ts";

const COMMAND = join(import.meta.dirname, "../../cli/iam-authenticator.ts");
const REGION = "eu-west-1";
const ROLE = "arn:aws:iam::111122223333:role/Developers";
const ADMIN = { arn: "arn:aws:iam::111122223333:role/Admin", username: "admin", groups: ["system:masters"] };
const PARAMETERS = { "/iam-authenticator/prod/role/111122223333/admin": JSON.stringify(ADMIN) };

/** The local identity that types each command. */
const STEPS: readonly (readonly [who: string, ...words: string[]])[] = [
  ["bob", "whoami", "-c", "prod"],
  ["carol", "explain", "-c", "prod", ROLE, "--session-name", "bob@example.com"],
  ["carol", "mappings", "set", "-c", "prod", ROLE, "--username", "dev:{SessionName}", "--group", "developers", "--yes"],
  ["bob", "whoami", "-c", "prod"],
];

interface Step {
  readonly who: string;
  readonly line: string;
  readonly output: string;
}

export async function recordSession(): Promise<Step[]> {
  const sts = await startSts();
  const store = await startParameterStore({ region: REGION, parameters: PARAMETERS });
  const steps: Step[] = [];
  for (const [who, ...words] of STEPS) {
    const identity = localIdentity(who);
    const output = await run(words, {
      AWS_REGION: REGION,
      ...isolatedVariables(identity),
      AWS_ENDPOINT_URL_SSM: store.url,
      AWS_ENDPOINT_URL_STS: sts.url,
    });
    const typed = words.map((word) => (word.includes("{") ? `'${word}'` : word)).join(" ");
    steps.push({ who: identity.arn.split("/").at(-1) ?? who, line: `${FULL_NAME} ${typed}`, output });
  }
  await Promise.all([sts.close(), store.close()]);
  return steps;
}

/** What a terminal shows: both streams. Exit code 1 is a finding. */
function run(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  execFile(process.execPath, [COMMAND, ...words], { env }, (error, stdout, stderr) => {
    if (error !== null && error.code !== 1) reject(error);
    else resolve(stdout + stderr);
  });
  return promise;
}

const COLUMNS = 96;
const ROW = 18;
const LEFT = 16;
const STEP_SECONDS = 3;
const INK = "#e5e7eb";
const MONOSPACE = { "font-family": "ui-monospace, Menlo, Consolas, monospace", "xml:space": "preserve" };
/** Hides a step until its delay is over. Without animation, everything is visible. */
const STYLE =
  "@keyframes hidden{from,to{opacity:0}}g{animation:hidden 0.01s backwards}" +
  "@media(prefers-reduced-motion:reduce){g{animation:none}}";

/** An animated terminal that shows one step after the other. */
export function recordingImage(steps: readonly Step[]): string {
  let row = 0;
  const next = (text: string, spec: Attributes): string => {
    const pieces = text.match(new RegExp(`.{1,${COLUMNS}}`, "g")) ?? [""];
    return pieces
      .map((piece) => {
        row += 1;
        return piece === "" ? "" : label(LEFT, row * ROW + 12, piece, { ...MONOSPACE, ...spec });
      })
      .join("");
  };
  const groups = steps.map(({ who, line, output }, index) => {
    const shown = [
      next(`# ${who}`, { fill: "#9ca3af" }),
      next(`$ ${line}`, { fill: "#93c5fd", "font-weight": 600 }),
      ...output
        .trimEnd()
        .split("\n")
        .map((text) => next(text, { fill: colourOf(text) })),
      next("", {}),
    ];
    return element("g", { style: `animation-delay:${index * STEP_SECONDS}s` }, `\n${shown.join("")}`);
  });
  const size = { width: LEFT * 2 + COLUMNS * 8, height: row * ROW + 20 };
  const title = "A denied login, the reason, a mapping, and the granted login";
  return image(size, title, "#111827", element("style", {}, STYLE) + groups.join(""));
}

function colourOf(line: string): string {
  if (/^verdict +granted/.test(line)) return "#86efac";
  return /^verdict +refused/.test(line) ? "#fca5a5" : INK;
}
