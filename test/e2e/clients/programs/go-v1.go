// Prints a token by the AWS SDK for Go v1. Arguments: cluster, region, and how long the URL is valid.
package main

import (
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"
)

func main() {
	expires, _ := time.ParseDuration(os.Args[3])
	client := sts.New(session.Must(session.NewSession()), aws.NewConfig().WithRegion(os.Args[2]).WithSTSRegionalEndpoint(2))
	request, _ := client.GetCallerIdentityRequest(nil)
	request.HTTPRequest.Header.Add("x-k8s-aws-id", os.Args[1])
	url, err := request.Presign(expires)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(url)))
}
