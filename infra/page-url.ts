// The URL of a documentation page, for texts that are read outside the repository, such as an alarm's description.

import packageJson from "../package.json" with { type: "json" };

export interface Manifest {
  readonly version: string;
  /** The only place of the project's address. The first publisher sets it: RELEASING.md. */
  readonly repository?: { readonly url: string };
}

/** The page of this version, or its path in the repository if package.json has no `repository`. */
export function pageUrl(path: string, { version, repository }: Manifest = packageJson): string {
  if (repository === undefined) return path;
  const address = repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
  return `${address}/blob/v${version}/${path}`;
}
