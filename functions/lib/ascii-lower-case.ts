// Names of IAM without regard to case.

/** ASCII letters alone: `toLowerCase` also makes an ASCII `k` of the Kelvin sign, which IAM does not take for one. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
