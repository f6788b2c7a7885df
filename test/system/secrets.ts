// Finds secrets in output: pieces of the tokens, signatures and session tokens that were sent.

/** So long that none is in a log by chance: an access key id has 20 characters. */
const PIECE = 30;

/** The secrets that were sent, to be searched for in the output. */
export function createSecrets() {
  const pieces = new Set<string>();

  function add(secret: string): void {
    for (const piece of piecesOf(secret)) pieces.add(piece);
  }

  return {
    /** A client's token of any kind: its spelling, and its decoded parts. */
    addToken(token: string) {
      const encoded = token.replace(/^k8s-aws-v1\./, "");
      const decoded = Buffer.from(encoded, "base64url").toString("latin1");
      for (const spelling of [token, encoded, decoded, percentDecoded(decoded)]) add(spelling);
    },
    /** A caller's bearer token. */
    addCaller: add,
    /** The first piece of a secret that `text` contains, in any of its encodings. */
    find(text: string) {
      // Removes backslashes, since nested JSON adds more of them.
      for (const spelling of [text, text.replaceAll("\\", ""), percentDecoded(text)]) {
        for (const piece of piecesOf(spelling)) if (pieces.has(piece)) return piece;
      }
      return undefined;
    },
  };
}

function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at + PIECE <= text.length; at += 1) yield text.slice(at, at + PIECE);
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
