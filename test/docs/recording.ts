// Records a terminal session for README.md: an identity is denied, the reason, a mapping, and access. The commands are
// real processes; STS and Parameter Store are the local ones. No time or random value is in their output.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { FULL_NAME } from "../../cli/cmdline/spelling.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { localIdentity, startParameterStore, startSts } from "../local-aws.ts";
import { type Attributes, element, image, label } from "./images.ts";

const COMMAND = join(import.meta.dirname, "../../cli/iam-authenticator.ts");
const REGION = "eu-west-1";
const ROLE = "arn:aws:iam::111122223333:role/Developers";
const ADMIN = { arn: "arn:aws:iam::111122223333:role/Admin", username: "admin", groups: ["system:masters"] };
const PARAMETERS = { "/iam-authenticator/prod/role/111122223333/admin": JSON.stringify(ADMIN) };

const STEPS: readonly (readonly [who: string, ...words: string[]])[] = [
  ["bob", "whoami", "-c", "prod"],
  ["carol", "explain", "-c", "prod", ROLE, "--session-name", "bob@example.com"],
  ["carol", "mappings", "set", "-c", "prod", ROLE, "--username", "dev:{SessionName}", "--group", "developers", "--yes"],
  ["bob", "whoami", "-c", "prod"],
];

export async function recordSession() {
  const sts = await startSts();
  const store = await startParameterStore({ region: REGION, parameters: PARAMETERS });
  const steps: { who: string; line: string; output: string }[] = [];
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

/** What a terminal shows: both streams, in colour. Exit code 1 is a finding. */
async function run(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const running = promisify(execFile)(process.execPath, [COMMAND, ...words], { env: { ...env, FORCE_COLOR: "1" } });
  const { stdout, stderr } = await running.catch((error) => (error.code === 1 ? error : Promise.reject(error)));
  return stdout + stderr;
}

const COLUMNS = 96;
const ROW = 18;
const LEFT = 16;
const STEP_SECONDS = 3;
const INK = "#e5e7eb";
const MONOSPACE = { "font-family": "ui-monospace, Menlo, Consolas, monospace", "xml:space": "preserve" };
/** Hides each step but the first until its delay is over. Without animation, everything is visible. */
const STYLE =
  "@keyframes hidden{from,to{opacity:0}}g+g{animation:hidden 0.01s backwards}" +
  "@media(prefers-reduced-motion:reduce){g+g{animation:none}}";

export function recordingImage(steps: Awaited<ReturnType<typeof recordSession>>): string {
  let row = 0;
  const rows = (lines: readonly string[], spec: Attributes): string =>
    lines
      .map((text) => {
        row += 1;
        return text === "" ? "" : label(LEFT, row * ROW + 12, text, { ...MONOSPACE, ...spec });
      })
      .join("");
  const groups = steps.map(({ who, line, output }, index) => {
    const printed = output.trimEnd().split("\n");
    const shown = [
      rows([`# ${who}`], { fill: "#9ca3af" }),
      rows(wrapped(`$ ${line}`, " \\", 4), { fill: "#93c5fd", "font-weight": 600 }),
      ...printed.map((text) => rows(wrapped(stripVTControlCharacters(text), "", 10), stylesOf(text))),
      rows([""], {}),
    ];
    return element("g", { style: `animation-delay:${index * STEP_SECONDS}s` }, `\n${shown.join("")}`);
  });
  const size = { width: LEFT * 2 + COLUMNS * 8, height: row * ROW + 20 };
  const title = "A denied login, the reason, a mapping, and the granted login";
  return image(size, title, "#111827", element("style", {}, STYLE) + groups.join(""));
}

/** Breaks a line at spaces. `end` of a broken line, `indent` of the next. */
function wrapped(text: string, end: string, indent: number): string[] {
  const at = text.lastIndexOf(" ", COLUMNS - end.length);
  if (text.length <= COLUMNS || at <= indent) return [text];
  return [`${text.slice(0, at)}${end}`, ...wrapped(" ".repeat(indent) + text.slice(at + 1), end, indent)];
}

const STYLES: Readonly<Record<number, Attributes>> = {
  1: { "font-weight": 700 },
  31: { fill: "#fca5a5" },
  32: { fill: "#86efac" },
  33: { fill: "#fde68a" },
};

function stylesOf(line: string): Attributes {
  const [, ...codes] = line.split("\u001b[");
  return Object.assign({ fill: INK }, ...codes.map((code) => STYLES[Number.parseInt(code, 10)] ?? {}));
}
