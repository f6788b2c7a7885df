// RSA moduli that anyone can factor, and so sign tokens that AWS trusts.

/** Factors of a sound modulus have at least 1,024 bits. A generator that was cut short leaves small ones. */
const MAX_FACTOR = 2 ** 16;
/** Below this, a product and its remainders are exact numbers. */
const MAX_PRODUCT = 2 ** 53 / MAX_FACTOR;

interface PrimeGroup {
  readonly product: bigint;
  readonly primes: readonly number[];
}

let groups: readonly PrimeGroup[] | undefined;

/** @returns the smallest prime factor up to 2^16, including 2; `undefined` if there is none */
export function smallFactor(modulus: bigint): number | undefined {
  groups ??= primeGroups();
  for (const { product, primes } of groups) {
    // One division of a large number for several primes: 1 ms for 2,048 bits.
    const rest = Number(modulus % product);
    const factor = primes.find((prime) => rest % prime === 0);
    if (factor !== undefined) return factor;
  }
  return undefined;
}

function primeGroups(): PrimeGroup[] {
  const found: PrimeGroup[] = [];
  let [product, primes]: [number, number[]] = [1, []];
  for (const prime of primesUpTo(MAX_FACTOR)) {
    product *= prime;
    primes.push(prime);
    if (product < MAX_PRODUCT) continue;
    found.push({ product: BigInt(product), primes });
    [product, primes] = [1, []];
  }
  return [...found, { product: BigInt(product), primes }];
}

/** The sieve of Eratosthenes. */
function primesUpTo(limit: number): number[] {
  const isComposite = new Uint8Array(limit + 1);
  const primes: number[] = [];
  for (let number = 2; number <= limit; number += 1) {
    if (isComposite[number] === 1) continue;
    primes.push(number);
    for (let multiple = number * number; multiple <= limit; multiple += number) isComposite[multiple] = 1;
  }
  return primes;
}
