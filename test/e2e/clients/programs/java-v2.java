// Prints a token by the AWS SDK for Java v2. Arguments: cluster, region, and how many seconds the URL is valid.

import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;

class Token {
    public static void main(String[] args) {
        var url = "https://sts." + args[1] + ".amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15";
        var request = SdkHttpRequest.builder().uri(URI.create(url)).method(SdkHttpMethod.GET).putHeader("x-k8s-aws-id", args[0]);
        var keys = DefaultCredentialsProvider.builder().build().resolveCredentials();
        var signed = AwsV4HttpSigner.create().sign(signing -> signing
                .identity(keys)
                .request(request.build())
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "sts")
                .putProperty(AwsV4HttpSigner.REGION_NAME, args[1])
                .putProperty(AwsV4HttpSigner.AUTH_LOCATION, AwsV4HttpSigner.AuthLocation.QUERY_STRING)
                .putProperty(AwsV4HttpSigner.EXPIRATION_DURATION, Duration.ofSeconds(Integer.parseInt(args[2]))));
        var bytes = signed.request().getUri().toString().getBytes();
        System.out.println("k8s-aws-v1." + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }
}
