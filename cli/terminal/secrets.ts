// Hides secrets that this run has sent or received in its output: servers may echo them.

export interface Secrets {
  /** Hides the secret from now on. */
  add(secret: string): void;
  /** Replaces each part of a secret in `text` with a placeholder. */
  hide(text: string): string;
}

/** Needs no escapes in JSON and no quotes in YAML. No other output contains it. */
const PLACEHOLDER = "<hidden>";
/** Length of the parts of a secret that are hidden: an echoed secret may be cut anywhere. */
const PART = 12;
/** Secrets of at least this length but below `PART` are hidden only in full. Shorter ones would match ordinary words. */
const SHORTEST = 6;

export function createSecrets(): Secrets {
  const parts = new Set<string>();
  const short = new Set<string>();
  return {
    add(secret) {
      for (const spelling of spellingsOf(secret)) {
        for (let at = 0; at + PART <= spelling.length; at += 1) parts.add(spelling.slice(at, at + PART));
        if (spelling.length < PART && spelling.length >= SHORTEST) short.add(spelling);
      }
    },
    hide(text) {
      let hidden = "";
      let from = 0;
      for (let at = 0; parts.size > 0 && at + PART <= text.length; at += 1) {
        if (!parts.has(text.slice(at, at + PART))) continue;
        let end = at + PART;
        while (end < text.length && parts.has(text.slice(end - PART + 1, end + 1))) end += 1;
        hidden += text.slice(from, at) + PLACEHOLDER;
        from = end;
        at = end - 1;
      }
      return [...short].reduce((rest, secret) => rest.replaceAll(secret, PLACEHOLDER), hidden + text.slice(from));
    },
  };
}

/** The encodings in headers, URLs, forms and basic authentication. */
function spellingsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  return new Set([secret, encodeURIComponent(secret), bytes.toString("base64"), bytes.toString("base64url")]);
}
