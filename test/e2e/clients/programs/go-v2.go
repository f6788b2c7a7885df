// Prints a token by the AWS SDK for Go v2. Arguments: cluster, region, and how many seconds the URL is valid.
package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/transport/http"
)

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion(os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	client := sts.NewPresignClient(sts.NewFromConfig(cfg), sts.WithPresignClientFromClientOptions(sts.WithAPIOptions(
		http.SetHeaderValue("x-k8s-aws-id", os.Args[1]),
		http.SetHeaderValue("X-Amz-Expires", os.Args[3]),
	)))
	signed, err := client.PresignGetCallerIdentity(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(signed.URL)))
}
