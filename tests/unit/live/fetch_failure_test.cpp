// SPDX-License-Identifier: Apache-2.0
#include "live/fetch_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace vfswatchd {
namespace {

using testing::HasSubstr;

Error failure(const FetchOutcome& outcome) {
    return describe_failure("http://h/metrics", outcome);
}

FetchOutcome of_code(CURLcode code) {
    FetchOutcome outcome;
    outcome.code = code;
    outcome.detail = "so says curl";
    return outcome;
}

TEST(FetchFailure, SaysWhereNobodyAnswers) {
    FetchOutcome outcome = of_code(CURLE_COULDNT_CONNECT);
    outcome.system_errno = ECONNREFUSED;
    EXPECT_EQ(failure(outcome).message(),
              "http://h/metrics: Connection refused; no endpoint is there: systemctl start "
              "vfswatchd, or name another one with --url");
    EXPECT_FALSE(failure(outcome).code);
}

TEST(FetchFailure, KnowsASocketThatRefuses) {
    FetchOutcome outcome = of_code(CURLE_COULDNT_CONNECT);
    outcome.system_errno = EACCES;
    EXPECT_EQ(failure(outcome).code, std::errc::permission_denied);
    EXPECT_THAT(failure(outcome).context, HasSubstr("a member of the socket's group"));
}

TEST(FetchFailure, HasARemedyForEachStatus) {
    FetchOutcome outcome;
    outcome.detail = "starting";
    outcome.status = 503;
    EXPECT_THAT(failure(outcome).message(), HasSubstr("HTTP status 503, `starting`; try again"));
    outcome.status = 401;
    EXPECT_THAT(failure(outcome).message(), HasSubstr("--user"));
    outcome.status = 400;
    EXPECT_THAT(failure(outcome).message(), HasSubstr("lists its targets"));
    outcome.status = 404;
    EXPECT_THAT(failure(outcome).message(), HasSubstr("/metrics"));
    outcome.status = 302;
    outcome.detail = "";
    EXPECT_THAT(failure(outcome).message(), HasSubstr("HTTP status 302; is this vfswatchd's"));
}

TEST(FetchFailure, HasARemedyForTls) {
    EXPECT_THAT(failure(of_code(CURLE_PEER_FAILED_VERIFICATION)).message(),
                HasSubstr("so says curl; name the authority that signed it with --cacert"));
    EXPECT_THAT(failure(of_code(CURLE_SSL_CERTPROBLEM)).message(), HasSubstr("--key"));
    FetchOutcome outcome = of_code(CURLE_RECV_ERROR);
    EXPECT_THAT(failure(outcome).message(), HasSubstr("https?"));
    outcome.tls = true;
    EXPECT_THAT(failure(outcome).message(),
                HasSubstr("speak https, and want a client's certificate (--cert"));
    outcome.with_certificate = true;
    EXPECT_THAT(failure(outcome).message(), HasSubstr("take this client's certificate?"));
}

}  // namespace
}  // namespace vfswatchd
