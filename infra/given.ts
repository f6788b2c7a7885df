// Omits absent options, since the types of aws-cdk-lib accept no `undefined` (exactOptionalPropertyTypes).

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

export function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
