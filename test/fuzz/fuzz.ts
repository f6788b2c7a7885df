// Runs parsers of hostile input with random changes of a corpus: npm run fuzz -- [parser] [seconds]
// [seed] A text with a new outcome joins the corpus for the rest of the run. A text that breaks a
// rule is shortened and printed.

import { minimized, mutated, seededRandom } from "./mutate.ts";
import { PARSERS, type Parser, textsOf } from "./parsers.ts";

/** Processor time for one text. */
const LONGEST_MS = 2_000;
const MOST_TEXTS = 5_000;

async function breaks(
  { run }: Parser,
  text: string,
): Promise<{ readonly outcome?: string; readonly error?: unknown }> {
  const start = process.cpuUsage();
  try {
    const outcome = await run(text);
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1_000;
    return ms > LONGEST_MS ? { error: new Error(`took ${ms} ms`) } : { outcome };
  } catch (error) {
    return { error };
  }
}

/** Returns the number of findings. Stops at the first one. */
async function fuzz(parser: Parser, seconds: number, seed: number): Promise<number> {
  const random = seededRandom(seed);
  const texts = textsOf(parser);
  const outcomes = new Set<string>();
  const end = performance.now() + seconds * 1_000;
  let runs = 0;
  for (; performance.now() < end; runs += 1) {
    const text =
      runs < texts.length ? (texts[runs] ?? "") : mutated(random.pick(texts), texts, random);
    const { outcome, error } = await breaks(parser, text);
    if (error !== undefined) {
      const shortest = await minimized(
        text,
        async (shorter) => (await breaks(parser, shorter)).error !== undefined,
      );
      console.log(
        `${parser.name}: seed ${seed}, run ${runs}\n${JSON.stringify(shortest)}\n`,
        error,
      );
      return 1;
    }
    const kind = (outcome ?? "").replace(/\d+|"(?:[^"\\]|\\.)*"/g, "");
    if (outcomes.has(kind)) continue;
    outcomes.add(kind);
    if (texts.length < MOST_TEXTS) texts.push(text);
  }
  console.log(`| ${parser.name} | ${seconds} | ${runs} | ${outcomes.size} |`);
  return 0;
}

const [name = "all", seconds = "600", seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const chosen = PARSERS.filter((parser) => name === "all" || parser.name === name);
if (chosen.length === 0 || !(Number(seconds) > 0) || !Number.isSafeInteger(Number(seed))) {
  const names = PARSERS.map((parser) => parser.name).join(", ");
  console.error(`Usage: npm run fuzz -- [parser] [seconds] [seed]\nParsers: ${names}.`);
  process.exit(2);
}
console.log(`Seed ${seed}.\n\n| parser | s | texts | outcomes |\n| --- | --: | --: | --: |`);
let findings = 0;
for (const parser of chosen) findings += await fuzz(parser, Number(seconds), Number(seed));
process.exitCode = findings === 0 ? 0 : 1;
