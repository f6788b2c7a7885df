// Records the system's log and responses, checks the rules that apply to all of them, and finds
// pieces of the tokens, signatures and session tokens that were sent.

import assert from "node:assert/strict";
import type { Answer, ReviewPost } from "./answers.ts";
import type { BundledFunction } from "./bundled-function.ts";

/** So long that none is in a log by chance: an access key id has 20 characters. */
const PIECE = 30;

export function traceOf({ output }: Pick<BundledFunction, "output">) {
  const secrets = new Set<string>();
  const answers: Pick<Answer, "headers" | "text">[] = [];

  function add(...spellings: readonly string[]): void {
    for (const spelling of spellings) for (const piece of piecesOf(spelling)) secrets.add(piece);
  }
  function logs(): Readonly<Record<string, unknown>>[] {
    const printed = output("stdout").split("\n");
    return printed.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  return {
    /**
     * Called before a token is sent: it is a secret from then, as it is spelled and in its decoded
     * parts.
     */
    sent({ headers = {}, body = "" }: ReviewPost) {
      add(headers["Authorization"] ?? "");
      // The text between quotes, whether the body is JSON or not.
      for (const [, quoted, bare = quoted ?? ""] of body.matchAll(
        /"token":"([^"]*)"|(k8s-aws-v1\.[^"\s]*)/g,
      )) {
        const encoded = bare.replace(/^k8s-aws-v1\./, "");
        const decoded = Buffer.from(encoded, "base64url").toString("latin1");
        add(bare, encoded, decoded, percentDecoded(decoded));
      }
    },
    received: (answer: Pick<Answer, "headers" | "text">) => void answers.push(answer),
    logs,
    /**
     * Fails if a response or printed line contains a secret, if a line is not a review's, or if
     * stderr is not empty.
     */
    check() {
      assert.equal(output("stderr"), "");
      const others = logs().filter((line) => !("outcome" in line && "_aws" in line));
      assert.deepEqual(others, []);
      const answered = answers.map(({ headers, text }) => `${JSON.stringify(headers)}\n${text}`);
      const text = [output("stdout"), ...answered].join("\n");
      // Removes backslashes, since nested JSON adds more of them.
      const spellings = [text, text.replaceAll("\\", ""), percentDecoded(text)];
      const found = spellings.flatMap(
        (spelling) => [...piecesOf(spelling)].find((piece) => secrets.has(piece)) ?? [],
      );
      assert.deepEqual(found, [], "a secret came out");
    },
  };
}

function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at + PIECE <= text.length; at += 1) yield text.slice(at, at + PIECE);
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
