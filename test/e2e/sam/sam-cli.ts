// Installs SAM CLI for these tests and runs it on a synthesized template.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pythonTool } from "../tools.ts";

const REQUIREMENT = "aws-sam-cli==1.170.0";

export type SamCli = ReturnType<typeof samCli>;

interface Resolved {
  readonly functions: readonly { readonly id: string; readonly code: string; readonly [key: string]: unknown }[];
  readonly routes: readonly { readonly function: string; readonly path: string; readonly methods: string[] }[];
}

export function samCli(region: string) {
  const bin = pythonTool(REQUIREMENT);
  const environment = {
    ...process.env,
    SAM_CLI_TELEMETRY: "0",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
    AWS_SECRET_ACCESS_KEY: "local/only",
  };
  const call = async (program: string, args: readonly string[], input: string): Promise<string> => {
    const child = spawn(join(bin, program), args, { env: environment });
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stderr}${stdout}`);
    return stdout;
  };
  return {
    /** Returns standard output; throws with all output. Asynchronous, since local services run in this process. */
    run: (args: readonly string[], input = "") => call("sam", args, input),
    /** The function and route that SAM's providers read from a template. */
    resolve: async (template: string): Promise<Resolved> =>
      JSON.parse(await call("python", [join(import.meta.dirname, "resolve.py"), template], "")),
  };
}
