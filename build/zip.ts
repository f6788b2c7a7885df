// Creates a reproducible zip of a folder in dist/ for Lambda, and lets a release's templates load
// the functions' code from the user's bucket instead of CDK's bootstrap bucket.

import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  BootstraplessSynthesizer,
  CfnParameter,
  type FileAssetLocation,
  type FileAssetSource,
  Fn,
  type Stack,
} from "aws-cdk-lib";
import { type ZipOptions, zipSync } from "fflate";

/** A zip of `dist/release`. */
interface ReleasedCode {
  /** Contains a hash of the content, so that CloudFormation detects a change. */
  readonly fileName: string;
  /** Base64 of the zip's SHA-256, as Lambda computes it. */
  readonly sha256: string;
}

/** By folder in dist/. */
export type ReleasedCodes = Readonly<Record<string, ReleasedCode>>;

/** Names of the parameters for the location of the zips. */
const CODE_BUCKET = "CodeBucket";

const CODE_PREFIX = "CodePrefix";

/**
 * Requires an app that does not stage assets: the file names of assets are then the folders in
 * dist/.
 */
export class ReleaseSynthesizer extends BootstraplessSynthesizer {
  // Not a `#private` field: CDK binds a copy with this object as its prototype.
  private readonly codes: ReleasedCodes;

  constructor(codes: ReleasedCodes) {
    super();
    this.codes = codes;
  }

  override addFileAsset({ fileName = "" }: FileAssetSource): FileAssetLocation {
    const code = this.codes[basename(fileName)];
    if (code === undefined) throw new Error(`${fileName} is not in the release`);
    const bucketName = Fn.ref(CODE_BUCKET);
    const objectKey = Fn.join("", [Fn.ref(CODE_PREFIX), code.fileName]);
    return { bucketName, objectKey, httpUrl: "", s3ObjectUrl: `s3://${bucketName}/${objectKey}` };
  }
}

/** Adds the parameters for the location of the zips. */
export function codeParameters(stack: Stack): void {
  new CfnParameter(stack, CODE_BUCKET, {
    type: "String",
    description: "S3 bucket with the zip files of this release, in the stack's region.",
    minLength: 3,
  });
  new CfnParameter(stack, CODE_PREFIX, {
    type: "String",
    description:
      "Prefix of their keys in the bucket, such as iam-authenticator/. Empty: the keys are the file names.",
    default: "",
  });
}

/** The earliest time in a zip, in local time, as fflate writes it. */
const TIME = new Date(1980, 0, 1);

/** Readable by all users: Lambda runs a function as a user that does not own its files. */
const OPTIONS = { mtime: TIME, level: 9, os: 3, attrs: 0o100_644 << 16 } satisfies ZipOptions;

export interface Zip extends ReleasedCode {
  readonly bytes: Uint8Array;
}

/** Returns the zip of a folder. Its file name starts with `name` and `version`. */
export function zipFolder(folder: string, name: string, version: string): Zip {
  const files = readdirSync(folder).sort();
  const bytes = zipSync(
    Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file))])),
    OPTIONS,
  );
  const fileName = `${name}-${version}-${hash("sha256", bytes).slice(0, 8)}.zip`;
  return { fileName, bytes, sha256: hash("sha256", bytes, "base64") };
}
