// SPDX-License-Identifier: Apache-2.0
#include "live/endpoint_url.h"

#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

TEST(EndpointUrl, IsHttpOrHttps) {
    const auto plain = parse_endpoint_url("http://127.0.0.1:9974/metrics", {});
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->url, "http://127.0.0.1:9974/metrics");
    EXPECT_EQ(plain->shown, plain->url);
    EXPECT_EQ(plain->unix_socket, "");
    EXPECT_FALSE(plain->tls);
    EXPECT_TRUE(plain->loopback);
    const auto tls = parse_endpoint_url("https://db1.example.org/agent/metrics?x=1", {});
    ASSERT_TRUE(tls);
    EXPECT_TRUE(tls->tls);
    EXPECT_FALSE(tls->loopback);
    EXPECT_EQ(tls->url, "https://db1.example.org/agent/metrics?x=1");
    EXPECT_TRUE(parse_endpoint_url("http://[::1]:9974", {})->loopback);
}

TEST(EndpointUrl, HasTheUsualPath) {
    for (const char* text : {"http://h:9974", "http://h:9974/"})
        EXPECT_EQ(parse_endpoint_url(text, {})->url, "http://h:9974/metrics") << text;
}

TEST(EndpointUrl, MayBeAUnixSocket) {
    const auto local = parse_endpoint_url("unix:/run/vfswatchd/metrics.sock", {});
    ASSERT_TRUE(local);
    EXPECT_EQ(local->unix_socket, "/run/vfswatchd/metrics.sock");
    EXPECT_EQ(local->url, "http://localhost/metrics");
    EXPECT_EQ(local->shown, "unix:/run/vfswatchd/metrics.sock");
    EXPECT_TRUE(local->loopback);
}

TEST(EndpointUrl, AsksForTargets) {
    EXPECT_EQ(parse_endpoint_url("http://h/metrics", {"a", "b&c=d"})->url,
              "http://h/metrics?target%5b%5d=a&target%5b%5d=b%26c%3dd");
    EXPECT_EQ(parse_endpoint_url("http://h/metrics", {"a"})->shown, "http://h/metrics");
    EXPECT_EQ(parse_endpoint_url("unix:/s", {"a"})->url, "http://localhost/metrics?target%5b%5d=a");
}

TEST(EndpointUrl, NamesWhatIsWrong) {
    for (const char* text :
         {"", "127.0.0.1:9974", "ftp://h/", "file:///etc/passwd", "http://", "http://h:port/"})
        EXPECT_EQ(parse_endpoint_url(text, {}).error().message(),
                  std::string("found `") + text +
                      "`, expected http://HOST:PORT/metrics, https://..., or unix:/PATH");
    EXPECT_EQ(parse_endpoint_url("unix:metrics.sock", {}).error().message(),
              "found `unix:metrics.sock`, expected a socket's whole path, "
              "unix:/run/vfswatchd/metrics.sock");
    EXPECT_FALSE(parse_endpoint_url("unix:/" + std::string(107, 'x'), {}));
    EXPECT_TRUE(parse_endpoint_url("unix:/" + std::string(106, 'x'), {}));
    const auto with_user = parse_endpoint_url("http://anna:secret@h/", {});
    ASSERT_FALSE(with_user);
    EXPECT_EQ(with_user.error().message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace vfswatchd
