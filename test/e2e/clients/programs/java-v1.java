// Prints a token by the AWS SDK for Java v1. Arguments: cluster, region, and how many seconds the URL is valid.

import com.amazonaws.DefaultRequest;
import com.amazonaws.auth.AWS4Signer;
import com.amazonaws.auth.DefaultAWSCredentialsProviderChain;
import com.amazonaws.http.HttpMethodName;
import com.amazonaws.util.SdkHttpUtils;
import java.net.URI;
import java.util.Base64;
import java.util.Date;

class Token {
    public static void main(String[] args) {
        var request = new DefaultRequest<Void>("sts");
        request.setHttpMethod(HttpMethodName.GET);
        request.setEndpoint(URI.create("https://sts." + args[1] + ".amazonaws.com/"));
        request.addParameter("Action", "GetCallerIdentity");
        request.addParameter("Version", "2011-06-15");
        request.addHeader("x-k8s-aws-id", args[0]);
        var signer = new AWS4Signer();
        signer.setServiceName("sts");
        signer.setRegionName(args[1]);
        var end = new Date(System.currentTimeMillis() + Integer.parseInt(args[2]) * 1000L);
        signer.presignRequest(request, new DefaultAWSCredentialsProviderChain().getCredentials(), end);
        var url = request.getEndpoint() + "?" + SdkHttpUtils.encodeParameters(request);
        System.out.println("k8s-aws-v1." + Base64.getUrlEncoder().withoutPadding().encodeToString(url.getBytes()));
    }
}
