// What a command runs: files of this project, their lines, and named functions, by V8's coverage.
// `npm run bench -- paths [--files] [words of a command]`; default: the commands of the table.

import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isObject } from "../../functions/lib/json.ts";
import { useFolder } from "../cli/fixtures.ts";
import { startParameterStore, startQueryServices } from "../local-aws.ts";
import { markdown } from "./measure.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PRODUCT = /^(cli|functions)\//;

const home = useFolder();
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({
  type: "spki",
  format: "pem",
});
const pem = home.write("sa.pub", key);
const ROLE = "arn:aws:iam::111122223333:role/Developers";

const COMMANDS = [
  "--version",
  "mappings set --help",
  "callers list -c prod",
  "mappings list -c prod",
  `irsa keys publish -c prod --yes --public-key ${pem}`,
  `mappings set -c prod ${ROLE} --username dev:{SessionName} --group developers --yes`,
  "mappings deny -c prod jane.doe --yes",
];

const [first, ...others] = process.argv.slice(3);
const showsFiles = first === "--files";
const words = showsFiles || first === undefined ? others : [first, ...others];
const lines = words.length === 0 ? COMMANDS.map((line) => line.split(" ")) : [words];

const rows: string[][] = [];
for (const line of lines) {
  const { files, functions } = await walk(line);
  const sizes = files.map((file) => readFileSync(join(ROOT, file), "utf8").split("\n").length - 1);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const name = line.filter((word) => !word.startsWith("/")).join(" ");
  rows.push([`\`${name}\``, String(files.length), String(total), String(functions)]);
  if (showsFiles) for (const [at, file] of files.entries()) console.log(`${file} ${sizes[at]}`);
}
console.log(markdown(["command", "files", "lines", "named functions"], rows));

/** Runs the command's sources in a new store with one mapping and one caller. */
async function walk(command: readonly string[]) {
  const mapping = { arn: ROLE, username: "dev:{SessionName}", groups: ["viewers"] };
  const caller = { name: "control-plane", sha256: "0".repeat(64) };
  const store = await startParameterStore({
    parameters: {
      "/iam-authenticator/prod/role/111122223333/developers": JSON.stringify(mapping),
      "/iam-authenticator/prod/callers": JSON.stringify([caller]),
      "/iam-authenticator/prod/settings/prod": JSON.stringify({
        format: 1,
        version: "0.1.0",
        settings: { ACCOUNTS: "111122223333" },
      }),
    },
  });
  const services = await startQueryServices({ region: "us-east-1" });
  const coverage = useFolder();
  try {
    const program = join(ROOT, "cli", "iam-authenticator.ts");
    await promisify(execFile)(process.execPath, [program, ...command], {
      env: {
        PATH: process.env["PATH"],
        HOME: home.path,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
        AWS_SECRET_ACCESS_KEY: "local/only",
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_ENDPOINT_URL: services.url,
        AWS_ENDPOINT_URL_SSM: store.url,
        NODE_V8_COVERAGE: coverage.path,
      },
    });
  } finally {
    await Promise.all([store.close(), services.close()]);
  }
  return counted(coverage.path);
}

interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly count: number }[];
  }[];
}

function counted(folder: string) {
  const scripts = readdirSync(folder).flatMap((file) => scriptsIn(join(folder, file)));
  const own = scripts.flatMap(({ url, functions }) => {
    const file = url.startsWith("file:") ? relative(ROOT, fileURLToPath(url)) : "";
    return PRODUCT.test(file) ? [{ file, functions }] : [];
  });
  const called = own.map(({ file, functions }) => ({
    file,
    count: functions.filter(({ functionName, ranges }) => functionName !== "" && ranges[0]?.count)
      .length,
  }));
  // A file of which only types and constants are used is loaded, but a reader need not follow it.
  const files = called.filter(({ count }) => count > 0);
  return {
    files: files.map(({ file }) => file).toSorted(),
    functions: files.reduce((sum, { count }) => sum + count, 0),
  };
}

function scriptsIn(file: string): readonly Script[] {
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  return isObject(parsed) && Array.isArray(parsed["result"]) ? parsed["result"] : [];
}
