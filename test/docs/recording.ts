// Records a terminal session for README.md: its block for the second terminal, in the sandbox of `npm
// start`, with kubectl of `npm run try:cluster` in place of `review`. No time or random value is in
// the output.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { startSandbox } from "../../local/sandbox.ts";
import { type SandboxFiles, sandboxFiles } from "../../local/sandbox-files.ts";
import { writeTerminalFiles } from "../../local/terminal.ts";
import { execute } from "../e2e/cluster/kubectl.ts";
import { type Attributes, element, image, label } from "./images.ts";
import { blocksOf } from "./shell-blocks.ts";

/** What kubectl prints, by line. test/e2e/recording.e2e.ts writes and compares it. */
export const KUBECTL_OUTPUT = join(import.meta.dirname, "kubectl-output.json");

/** What a user pastes, by line. */
function journey(): string[] {
  const block = blocksOf("README.md", "sh").find((text) => text.includes(". .local/env"));
  if (block === undefined) throw new Error("README.md has no block with . .local/env");
  return block.trimEnd().split("\n");
}

/** Returns the line with kubectl, which logs in to a kube-apiserver as the reviewed identity. */
function inCluster(line: string): string {
  return line.replace(/\breview (\w+)/, "kubectl --user $1 auth whoami");
}

export type Session = readonly { readonly line: string; readonly output: string }[];

/**
 * Runs every line as README.md has it, and shows kubectl's stored output.
 *
 * @param startCluster if given, kubectl runs: it returns the lines of a shell that set up kubectl
 * for a kube-apiserver with the sandbox's webhook
 */
export async function recordSession(
  startCluster?: (files: SandboxFiles) => Promise<string>,
): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), "recording-"));
  const files = sandboxFiles(join(folder, ".local"));
  const sandbox = await startSandbox(files);
  try {
    await writeTerminalFiles(files, sandbox);
    const setUp = await startCluster?.(files);
    const [first = "", ...lines] = journey();
    const steps: { line: string; output: string }[] = [];
    for (const line of lines) {
      const shown = inCluster(line);
      const ran = await output([first, setUp, setUp ? shown : line].join("\n"), folder);
      const isStored = setUp === undefined && shown !== line;
      steps.push({ line: shown, output: isStored ? storedOutput(shown, ran) : ran });
    }
    return steps;
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true });
  }
}

/** Throws unless kubectl logged in where the function grants the same login. */
function storedOutput(line: string, reviewed: string): string {
  const stored: Readonly<Record<string, string>> = JSON.parse(readFileSync(KUBECTL_OUTPUT, "utf8"));
  const text = stored[line];
  if (text?.includes("Username") !== reviewed.includes('"authenticated": true'))
    throw new Error(
      `${KUBECTL_OUTPUT} has another result of ${line}. Update it: npx node --test --test-update-snapshots test/e2e/recording.e2e.ts`,
    );
  return text ?? "";
}

/** What a terminal shows: both streams, in colour. Exit code 1 is a finding. */
async function output(script: string, cwd: string): Promise<string> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, FORCE_COLOR: "1" };
  const { code, stdout, stderr } = await execute("sh", ["-c", script], { cwd, env });
  if (code > 1) throw new Error(stderr);
  return stdout + stderr;
}

const COLUMNS = 114;
const ROW = 18;
const LEFT = 16;
const STEP_SECONDS = 3;
const INK = "#e5e7eb";
const MONOSPACE = {
  "font-family": "ui-monospace, Menlo, Consolas, monospace",
  "xml:space": "preserve",
};
/**
 * Hides each step but the first until its delay is over. Without animation, everything is visible.
 */
const STYLE =
  "@keyframes hidden{from,to{opacity:0}}g+g{animation:hidden 0.01s backwards}" +
  "@media(prefers-reduced-motion:reduce){g+g{animation:none}}";

export function recordingImage(steps: Session): string {
  let row = 0;
  const rows = (lines: readonly string[], spec: Attributes): string =>
    lines
      .map((text) => {
        row += 1;
        return text === "" ? "" : label(LEFT, row * ROW + 12, text, { ...MONOSPACE, ...spec });
      })
      .join("");
  const groups = steps.map(({ line, output }, index) => {
    const printed = output === "" ? [] : output.trimEnd().split("\n");
    const shown = [
      rows(wrapped(`$ ${line}`, " \\", 4), { fill: "#93c5fd", "font-weight": 600 }),
      ...printed.map((text) =>
        rows(wrapped(stripVTControlCharacters(text), "", 10), stylesOf(text)),
      ),
      rows(output === "" ? [] : [""], {}),
    ];
    return element(
      "g",
      { style: `animation-delay:${index * STEP_SECONDS}s` },
      `\n${shown.join("")}`,
    );
  });
  const size = { width: LEFT * 2 + COLUMNS * 8, height: row * ROW + 20 };
  const title = "A denied login, the reason, a mapping, and the granted login";
  return image(size, title, "#111827", element("style", {}, STYLE) + groups.join(""));
}

/** Breaks a line at spaces. `end` of a broken line, `indent` of the next. */
function wrapped(text: string, end: string, indent: number): string[] {
  const at = text.lastIndexOf(" ", COLUMNS - end.length);
  if (text.length <= COLUMNS || at <= indent) return [text];
  return [
    `${text.slice(0, at)}${end}`,
    ...wrapped(" ".repeat(indent) + text.slice(at + 1), end, indent),
  ];
}

const STYLES: Readonly<Record<number, Attributes>> = {
  1: { "font-weight": 700 },
  31: { fill: "#fca5a5" },
  32: { fill: "#86efac" },
  33: { fill: "#fde68a" },
};

function stylesOf(line: string): Attributes {
  const [, ...codes] = line.split("\u001b[");
  return Object.assign(
    { fill: INK },
    ...codes.map((code) => STYLES[Number.parseInt(code, 10)] ?? {}),
  );
}
