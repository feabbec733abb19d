// SPDX-License-Identifier: Apache-2.0
// Input: a byte that says which server and how the rest is cut, then what one client sends. Over
// TCP there is a user, over the unix socket there is none. What comes back must be an answer, and
// without the password none that serves.
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"
#include "http/server.h"
#include "tests/unit/http/sources.h"

namespace {

using namespace vfswatchd;

// Not assert(): the checks stay in every build type.
void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

constexpr char kHash[] = "$2b$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu";
constexpr char kCredentials[] = "YTpi";  // a:b
constexpr std::string_view kHealthRequest = "GET /healthz HTTP/1.0\r\n\r\n";
constexpr std::size_t kMostDescriptors = 600;
// Long enough for most answers; some clients say too little to be given any.
constexpr int kPatienceMs = 2;

/// Some hundred series.
std::string page() {
    std::string text = "# TYPE vfswatch_file_read_bytes_total counter\n";
    for (int file = 0; file < 300; ++file)
        text += "vfswatch_file_read_bytes_total{target=\"web\",path=\"/srv/" +
                std::to_string(file) + "\"} " + std::to_string(file * file) + "\n";
    return text;
}

HttpServer started() {
    Access access;
    access.users = {{"a", kHash}};
    access.headers = {{"X-Frame-Options", "deny"}};
    const std::string name = "vfswatchd-fuzz-" + std::to_string(::getpid());
    const HttpAddress local{std::filesystem::temp_directory_path() / name, 0, true};
    auto server =
        HttpServer::start({{"127.0.0.1", 0}, local}, serving(page()), {}, std::move(access));
    require(server.has_value(), "the server starts");
    return std::move(*server);
}

const HttpServer& server() {
    static const HttpServer kServer = started();
    return kServer;
}

UniqueFd connected_to_unix(const std::string& path) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return {};
    return socket;
}

UniqueFd connected_to_port(std::uint16_t port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // A port that waits for stragglers would be missed after some ten thousand inputs.
    const linger hard{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return {};
    return socket;
}

UniqueFd connected(bool to_port) {
    const auto addresses = server().addresses();
    return to_port ? connected_to_port(addresses[0].port) : connected_to_unix(addresses[1].host);
}

/// In pieces of about `piece` bytes, as networks cut streams.
void send_all(int socket, std::string_view text, std::size_t piece) {
    while (!text.empty()) {
        const ssize_t sent =
            ::send(socket, text.data(), std::min(piece, text.size()), MSG_NOSIGNAL);
        if (sent <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::shutdown(socket, SHUT_WR);
}

std::string first_bytes(int socket, int patience_ms) {
    pollfd wanted{socket, POLLIN, 0};
    if (::poll(&wanted, 1, patience_ms) != 1) return {};
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
    return got > 0 ? std::string(bytes.data(), static_cast<std::size_t>(got)) : std::string();
}

std::size_t open_descriptors() {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
    std::size_t count = 0;
    while (::readdir(directory.get()) != nullptr)
        ++count;
    return count;
}

/// Is everybody else served?
void check_server() {
    const UniqueFd socket = connected(false);
    require(static_cast<bool>(socket), "the server takes clients");
    send_all(socket.get(), kHealthRequest, kHealthRequest.size());
    const std::string answer = first_bytes(socket.get(), 10'000);
    require(answer.find("200 OK") != std::string::npos, "the server is healthy");
    require(open_descriptors() < kMostDescriptors, "descriptors are closed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static std::size_t runs = 0;
    const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    const bool to_port = (data[0] & 1U) != 0;
    const std::size_t piece = (data[0] & 2U) != 0 ? std::size_t{data[0]} / 4 + 1 : size;
    const UniqueFd socket = connected(to_port);
    require(static_cast<bool>(socket), "the server takes clients");
    send_all(socket.get(), stream, piece);
    const std::string answer = first_bytes(socket.get(), kPatienceMs);
    require(answer.empty() || answer.starts_with("HTTP/1."), "what comes back is an answer");
    const bool has_password = stream.find(kCredentials) != std::string_view::npos;
    require(!to_port || has_password || answer.find(" 200 ") > 12, "nobody is served unknown");
    if (++runs % 1000 == 0) check_server();
    return 0;
}
