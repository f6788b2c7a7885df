// Secrets that this run has sent or received, taken out of everything that it prints: the other side may echo them.

export interface Secrets {
  /** From now on it is not printed. */
  add(secret: string): void;
  /** `text` with a placeholder for each part of a secret. */
  hide(text: string): string;
}

/** It needs no escape in JSON, no quotes in YAML, and is no other word of ours. */
const PLACEHOLDER = "<hidden>";
/** So much of a secret is a part of it. The other side may cut what it echoes anywhere, and so do we. */
const PART = 12;
/** A shorter one is found only where it is whole; a few letters would be found in other words, too. */
const SHORTEST = 6;

export function createSecrets(): Secrets {
  const parts = new Set<string>();
  const short = new Set<string>();
  return {
    add(secret) {
      for (const spelling of spellingsOf(secret)) {
        if (spelling.length >= PART) for (const part of partsOf(spelling)) parts.add(part);
        else if (spelling.length >= SHORTEST) short.add(spelling);
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

/** As headers, URLs, forms and basic authentication carry it. */
function spellingsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  return new Set([secret, encodeURIComponent(secret), bytes.toString("base64"), bytes.toString("base64url")]);
}

function partsOf(text: string): string[] {
  return Array.from({ length: text.length - PART + 1 }, (_, at) => text.slice(at, at + PART));
}
