// Lower-cases names of IAM, which ignore case.

/** Only ASCII letters: `toLowerCase` also turns the Kelvin sign into an ASCII `k`, which IAM does not. */
export function asciiLowerCase(text: string): string {
  if (!/[\u0080-\uffff]/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
