// Runs the CDK CLI against the emulator: synthesizes an app, adapts its templates, and deploys them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cdk } from "../../infra/cdk-cli.ts";
import { fitForEmulator } from "./fit-for-emulator.ts";
import type { Emulator } from "./ministack.ts";

/** `folder` is the output folder and the home folder, whose .cdk.json the CLI reads. `sts` is the functions' STS. */
export function cdkOnEmulator(emulator: Emulator, folder: string, sts?: string) {
  function run(cwd: string, ...args: string[]): string {
    try {
      return cdk(cwd, args, { ...emulator.environment, HOME: folder });
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      throw new Error(`cdk ${args.join(" ")}: ${stderr}\n${emulator.log()}`);
    }
  }

  function assembly(stack: string): string {
    return join(folder, `${stack}.out`);
  }

  return {
    run,
    /** The folder of an app's templates after `deployApp`. */
    assembly,
    /** Synthesizes the app of a folder's cdk.json, deploys one of its stacks, and returns the stack's outputs. */
    deployApp(cwd: string, stack: string, context: readonly string[] = []) {
      const out = assembly(stack);
      const outputs = join(folder, `${stack}.json`);
      run(cwd, "synth", "--quiet", "--output", out, ...context);
      fitForEmulator(out, sts);
      run(folder, "deploy", stack, "--app", out, "--require-approval", "never", "--outputs-file", outputs);
      return JSON.parse(readFileSync(outputs, "utf8"))[stack] as Readonly<Record<string, string>>;
    },
    destroy(stack: string): void {
      run(folder, "destroy", stack, "--app", assembly(stack), "--force");
    },
  };
}
