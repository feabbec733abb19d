// SPDX-License-Identifier: Apache-2.0
#include "service/web_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "certificates.h"
#include "client.h"
#include "folder.h"
#include "sources.h"
#include "tls_client.h"
#include "web_access_setup.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kTlsKeys[] = "tls_server_config: {cert_file: a.crt, key_file: a.key}\n";
constexpr char kRight[] = "Authorization: Basic YTpiMQ==\r\n";  // a:b1
constexpr char kOther[] = "Authorization: Basic YTpiMg==\r\n";  // a:b2

std::string users(const std::string& password) {
    return "basic_auth_users:\n  a: " + bcrypt_of(password) + "\n";
}

class WebAccessTest : public testing::Test {
  protected:
    void write(const std::string& text) const { folder_.write("web.yml", text); }
    void write(const Identity& identity) const {
        folder_.write("a.crt", identity.certificate);
        folder_.write("a.key", identity.key);
    }
    [[nodiscard]] std::string file() const { return folder_.path("web.yml"); }
    [[nodiscard]] WebReading read() const { return read_web(file()); }

    /// Puts in force what the file says, as the daemon does when it starts.
    void start() {
        WebReading reading = read();
        ASSERT_THAT(reading.faults, IsEmpty());
        server_.emplace(started(serving("up 1\n"), reading.access));
        access_.emplace(std::move(reading), *server_, log_);
    }
    [[nodiscard]] int status(const std::string& headers) const {
        return ask(server_->addresses()[0], "GET", "/metrics", headers).status;
    }
    [[nodiscard]] std::string look() {
        testing::internal::CaptureStderr();
        access_->look();
        return testing::internal::GetCapturedStderr();
    }

    Folder folder_;
    const Authority authority_{"authority"};
    const Log log_{LogLevel::kInfo};
    std::optional<HttpServer> server_;
    std::optional<WebAccess> access_;
};

TEST_F(WebAccessTest, OfNoFileIsEverybodys) {
    const WebReading reading = read_web("");
    EXPECT_THAT(reading.faults, IsEmpty());
    EXPECT_THAT(reading.stamps, IsEmpty());
    EXPECT_EQ(reading.access.tls, nullptr);
    EXPECT_THAT(reading.access.users, IsEmpty());
    server_.emplace(started(serving(""), {}));
    WebAccess access(reading, *server_, log_);
    EXPECT_EQ(access.successful(), std::nullopt);
    access.look();
    EXPECT_EQ(status(""), 200);
}

TEST_F(WebAccessTest, IsReadWithTheFilesThatItNames) {
    write(authority_.issue({.name = "a"}));
    write(kTlsKeys + users("b1") + "http_server_config: {headers: {X-Frame-Options: deny}}\n");
    const WebReading reading = read();
    EXPECT_THAT(reading.faults, IsEmpty());
    EXPECT_NE(reading.access.tls, nullptr);
    EXPECT_EQ(reading.access.users.count("a"), 1U);
    ASSERT_EQ(reading.access.headers.size(), 1U);
    std::vector<std::string> files;
    for (const FileStamp& stamp : reading.stamps)
        files.push_back(stamp.file);
    EXPECT_THAT(files, ElementsAre(file(), folder_.path("a.crt"), folder_.path("a.key")));
}

TEST_F(WebAccessTest, SaysWhatIsWrong) {
    EXPECT_THAT(read().faults,
                ElementsAre(file() + ": cannot open: No such file or directory; create it, or "
                                     "name another one"));
    write("basic_auth_users: {a: b, c: d}\n");
    EXPECT_THAT(read().faults,
                ElementsAre(StartsWith(file() + ":1:23: "), StartsWith(file() + ":1:29: ")));
    write("");
    EXPECT_THAT(read().faults, ElementsAre(HasSubstr(":1:1: the file holds nothing")));
    write(kTlsKeys);
    EXPECT_THAT(read().faults,
                ElementsAre(StartsWith(file() + ": " + folder_.path("a.crt") + ": cannot open")));
    write(authority_.issue({.name = "a"}));
    EXPECT_THAT(read().faults, IsEmpty());
    folder_.write("a.key", authority_.issue({.name = "b"}).key);
    EXPECT_THAT(read().faults, ElementsAre(HasSubstr("the key is not that of the certificate")));
}

TEST_F(WebAccessTest, FollowsItsFile) {
    write(users("b1"));
    start();
    EXPECT_EQ(status(kRight), 200);
    EXPECT_EQ(look(), "");
    write(users("b2"));
    EXPECT_THAT(look(), HasSubstr("read " + file() + " and what it names again"));
    EXPECT_EQ(status(kRight), 401);
    EXPECT_EQ(status(kOther), 200);
    EXPECT_EQ(access_->successful(), true);
    EXPECT_EQ(look(), "");
}

TEST_F(WebAccessTest, KeepsTheLastGoodOneAndRecovers) {
    write(users("b1"));
    start();
    for (const char* broken : {"", "basic_auth_users: {a: b}\n", "rubbish", "- a\n"}) {
        write(broken);
        const std::string log = look();
        EXPECT_THAT(log, HasSubstr(file() + ":1:"));
        EXPECT_THAT(log, HasSubstr("certificates, users and headers stay as they were"));
        EXPECT_EQ(access_->successful(), false);
        EXPECT_EQ(status(kRight), 200);
        EXPECT_EQ(status(""), 401);
        // It is said once.
        EXPECT_EQ(look(), "");
    }
    ::unlink(file().c_str());
    EXPECT_THAT(look(), HasSubstr("cannot open: No such file or directory"));
    EXPECT_EQ(status(""), 401);
    write(users("b2"));
    EXPECT_THAT(look(), HasSubstr("again"));
    EXPECT_EQ(access_->successful(), true);
    EXPECT_EQ(status(kOther), 200);
}

TEST_F(WebAccessTest, FollowsCertificates) {
    write(authority_.issue({.name = "a"}));
    write(kTlsKeys);
    start();
    const HttpAddress address = server_->addresses()[0];
    const std::string first = TlsClient(address).peer();
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(look(), "");
    const Identity next = authority_.issue({.name = "b"});
    folder_.write("a.crt", next.certificate);
    EXPECT_THAT(look(), HasSubstr("the key is not that of the certificate"));
    EXPECT_EQ(TlsClient(address).peer(), first);
    folder_.write("a.key", next.key);
    EXPECT_THAT(look(), HasSubstr("again"));
    EXPECT_EQ(access_->successful(), true);
    const std::string second = TlsClient(address).peer();
    EXPECT_NE(second, first);
    EXPECT_FALSE(second.empty());
    folder_.write("a.key", next.key, 0644);
    EXPECT_THAT(look(), HasSubstr("make it private"));
    EXPECT_EQ(TlsClient(address).peer(), second);
}

TEST_F(WebAccessTest, NeitherBeginsNorEndsToSpeakTls) {
    write(authority_.issue({.name = "a"}));
    write(users("b1"));
    start();
    write(users("b2") + kTlsKeys);
    EXPECT_THAT(look(), HasSubstr("the endpoint would begin to speak TLS, which takes a restart; "
                                  "counts go on over it"));
    EXPECT_EQ(access_->successful(), false);
    EXPECT_EQ(status(kRight), 200);
    write(kTlsKeys);
    start();
    write(users("b1"));
    EXPECT_THAT(look(), HasSubstr("the endpoint would end to speak TLS, which takes a restart"));
    EXPECT_EQ(status(kRight), 0);
    EXPECT_EQ(ask(server_->addresses()[0], TlsClientOptions{}, "GET", "/metrics").status, 200);
}

TEST_F(WebAccessTest, ChangesItsFileWithTheConfiguration) {
    write(users("b1"));
    start();
    folder_.write("other.yml", users("b2"));
    WebReading other = read_web(folder_.path("other.yml"));
    EXPECT_THAT(access_->obstacles(other), IsEmpty());
    access_->put_in_force(std::move(other));
    EXPECT_EQ(status(kOther), 200);
    write(users("b1"));
    EXPECT_EQ(look(), "");
    folder_.write("other.yml", users("b1"));
    EXPECT_THAT(look(), HasSubstr("other.yml"));
    EXPECT_EQ(status(kRight), 200);
    EXPECT_THAT(access_->obstacles(read_web(folder_.path("none.yml"))),
                ElementsAre(HasSubstr("none.yml: cannot open")));
    access_->put_in_force(read_web(""));
    EXPECT_EQ(access_->successful(), std::nullopt);
    EXPECT_EQ(status(""), 200);
}

TEST(ExposureWarnings, AreOfWhatOthersCanReach) {
    Access guarded;
    guarded.users = {{"a", "x"}};
    const std::vector<HttpAddress> local = {
        {"127.0.0.1", 1}, {"127.9.9.9", 1}, {"::1", 1}, {"localhost", 1}, {"/run/s", 0, true}};
    EXPECT_THAT(exposure_warnings(local, {}), IsEmpty());
    EXPECT_THAT(exposure_warnings(local, guarded), IsEmpty());
    const std::vector<HttpAddress> open = {{"0.0.0.0", 1}, {"127.0.0.1", 2}, {"::", 3}};
    EXPECT_THAT(exposure_warnings(open, {}),
                ElementsAre("on 0.0.0.0:1 everybody who reaches it sees who reads which file: set "
                            "users or clients' certificates in web_config_file, or listen on "
                            "127.0.0.1",
                            StartsWith("on [::]:3 everybody who reaches it")));
    EXPECT_THAT(exposure_warnings(open, guarded),
                ElementsAre("on 0.0.0.0:1 passwords and metrics cross the network in the clear: "
                            "add tls_server_config to the web config file",
                            StartsWith("on [::]:3 passwords and metrics")));
}

TEST_F(WebAccessTest, WarnsOfTlsThatAsksNobodyWhoHeIs) {
    write(authority_.issue({.name = "a"}));
    folder_.write("ca.crt", authority_.certificate());
    const auto warnings = [this](const std::string& more) {
        write("tls_server_config: {cert_file: a.crt, key_file: a.key" + more + "}\n");
        WebReading reading = read();
        EXPECT_THAT(reading.faults, IsEmpty());
        return exposure_warnings({{"0.0.0.0", 1}}, reading.access);
    };
    EXPECT_THAT(warnings(""), ElementsAre(HasSubstr("everybody who reaches it")));
    EXPECT_THAT(warnings(", client_auth_type: RequireAnyClientCert"),
                ElementsAre(HasSubstr("everybody who reaches it")));
    EXPECT_THAT(warnings(", client_ca_file: ca.crt, client_auth_type: VerifyClientCertIfGiven"),
                ElementsAre(HasSubstr("everybody who reaches it")));
    EXPECT_THAT(warnings(", client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert"),
                IsEmpty());
}

TEST_F(WebAccessTest, RefusesWhatIsNoFile) {
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    EXPECT_THAT(read().faults, ElementsAre(HasSubstr("is no regular file")));
}

}  // namespace
}  // namespace vfswatchd
