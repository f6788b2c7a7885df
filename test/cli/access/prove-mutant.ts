// Runs the proof of decisions with one mutant: `node prove-mutant.ts <mutant> <runs>`. Exits with 1 if the proof fails.

import { applyMutant, MUTANTS } from "./mutants.ts";

const [, , name = "", runs = ""] = process.argv;
const mutant = MUTANTS[name];
if (mutant === undefined) throw new Error(`no mutant ${name}`);
applyMutant(mutant);
const { proveDecisions } = await import("./prove-decisions.ts");
try {
  await proveDecisions(Number(runs));
} catch (error) {
  if (!(error instanceof Error) || !error.message.startsWith("Property failed")) throw error;
  console.log(`killed: ${error.message.split("\n")[0]}`);
  process.exitCode = 1;
}
