// Whether an ARN can match two patterns: for questions about somebody whose ARN is not fully known.

/** As `arnLike` reads patterns (functions/authenticator/mapping/arn-like.ts): section by section, in any case. */
export function arnsOverlap(a: string, b: string): boolean {
  const [left, right] = [sections(a), sections(b)];
  return left.every((section, index) => globsOverlap(section, right[index] ?? ""));
}

const SECTIONS = 6;

function sections(pattern: string): string[] {
  const parts = pattern.toLowerCase().split(":");
  return [...parts.slice(0, SECTIONS - 1), parts.slice(SECTIONS - 1).join(":")];
}

/** `reach[j]`: the part of `a` that is read, and the first j characters of `b`, have a text in common. */
function globsOverlap(a: string, b: string): boolean {
  let reach = [true, ...Array.from(b, (_, j) => /^\**$/.test(b.slice(0, j + 1)))];
  for (const one of a) {
    const next = [one === "*" && reach[0] === true];
    for (const [j, other] of [...b].entries()) {
      const same = one === other || one === "?" || other === "?";
      const widened = one === "*" || other === "*";
      // A star takes nothing or one character more; two characters that are the same go together.
      next.push(widened ? reach[j + 1] === true || next[j] === true || reach[j] === true : same && reach[j] === true);
    }
    reach = next;
  }
  return reach[b.length] === true;
}
