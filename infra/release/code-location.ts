// Where a release's templates have the functions' code from: a bucket of the team's own, instead of CDK's bootstrap bucket.

import { basename } from "node:path";
import {
  BootstraplessSynthesizer,
  CfnParameter,
  type FileAssetLocation,
  type FileAssetSource,
  Fn,
  type Stack,
} from "aws-cdk-lib";

/** A zip of `dist/release`. */
export interface ReleasedCode {
  /** Has a hash of the content, so that another content is another key, and CloudFormation sees the change. */
  readonly fileName: string;
  /** As Lambda computes it: base64 of the zip's SHA-256. */
  readonly sha256: string;
}

/** By the name of the folder in dist/. */
export type ReleasedCodes = Readonly<Record<string, ReleasedCode>>;

/** Names of the parameters that say where the zips are. */
const CODE_BUCKET = "CodeBucket";
const CODE_PREFIX = "CodePrefix";

/** Needs an app that does not stage assets: their file names are those of the folders in dist/ then. */
export class ReleaseSynthesizer extends BootstraplessSynthesizer {
  // Not a private field of JavaScript's: CDK binds a copy, which has this object as its prototype.
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

export function codeParameters(stack: Stack): void {
  new CfnParameter(stack, CODE_BUCKET, {
    type: "String",
    description: "S3 bucket with the zip files of this release, in the stack's region.",
    minLength: 3,
  });
  new CfnParameter(stack, CODE_PREFIX, {
    type: "String",
    description:
      "What their keys begin with in the bucket, such as iam-authenticator/. Empty: the keys are the files' names.",
    default: "",
  });
}
