// Builds a program that prints its identity, with the AWS SDK for Go v2 and its default configuration.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../binaries/build.ts";
import { writeModule } from "../binaries/go-module.ts";

const SDK = "github.com/aws/aws-sdk-go-v2/config";
const VERSION = "1.31.11";

const SOURCE = `package main

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(*who.Arn)
}
`;

/** Returns the path of the program. */
export function buildGoClient(): string {
  return build({
    name: "caller-identity-go-v2",
    version: VERSION,
    main: ".",
    writeModule(folder) {
      writeModule(folder, SDK, VERSION);
      writeFileSync(join(folder, "main.go"), SOURCE);
    },
    variables: {},
  });
}
