// SPDX-License-Identifier: Apache-2.0
#include "service/control_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/escape.h"
#include "service/control_protocol.h"
#include "service/directories.h"

namespace vfswatchd {
namespace {

constexpr mode_t kSocketMode = 0600;
/// Clients that find all places taken are served later rather than refused.
constexpr int kBacklog = 128;
/// Where no descriptor is left; as short as to go unnoticed.
constexpr std::chrono::milliseconds kRest{200};

std::string runs_already(pid_t process) {
    const std::string number = process == 0 ? "" : " as process " + std::to_string(process);
    return "vfswatchd runs already" + number +
           ": stop it first, or go on with it (vfswatchctl reload)";
}

}  // namespace

struct ControlServer::Client {
    UniqueFd socket;
    std::string request;  ///< what has come of it
    std::string answer;   ///< what has not gone of it
    std::unique_ptr<Loop::Source> ready;
    std::unique_ptr<Loop::Source> deadline;

    /// False: it has left.
    [[nodiscard]] bool receive() {
        std::array<char, kMaxRequestBytes> bytes;
        const ssize_t got = recv(socket.get(), bytes.data(), bytes.size() - request.size(), 0);
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        request.append(bytes.data(), static_cast<std::size_t>(got));
        return got > 0;
    }

    /// Nothing more is looked at.
    [[nodiscard]] bool has_asked() const {
        return request.size() == kMaxRequestBytes || request.find('\n') != std::string::npos;
    }

    [[nodiscard]] bool was_heard() const { return !answer.empty(); }
};

std::string control_directory(const char* given) {
    return first_directory(given, kControlDirectory);
}

tl::expected<std::unique_ptr<ControlServer>, ControlRefusal> ControlServer::start(
    Loop& loop, const std::string& directory, OnReload on_reload, ControlLimits limits) {
    const auto refuse = [](Error error, bool runs = false) {
        return tl::unexpected<ControlRefusal>({runs, std::move(error)});
    };
    auto lock = ControlLock::take(directory);
    if (!lock) return refuse(lock.error());
    if (const auto process = lock->holder())
        return refuse(plain_error(runs_already(*process)), true);
    std::unique_ptr<ControlServer> server(
        new ControlServer(loop, std::move(*lock), std::move(on_reload), limits));
    const std::string path = directory + "/" + kControlSocketName;
    if (auto done = server->listen(path); !done) return refuse(done.error().within(path));
    return server;
}

ControlServer::ControlServer(Loop& loop, ControlLock lock, OnReload on_reload, ControlLimits limits)
    : loop_(loop), lock_(std::move(lock)), on_reload_(std::move(on_reload)), limits_(limits) {}

ControlServer::~ControlServer() {
    if (!path_.empty()) unlink(path_.c_str());
}

Result<void> ControlServer::listen(const std::string& path) {
    const auto address = control_address(path);
    if (!address) return fail(address.error());
    socket_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return fail(errno_error(errno, "make a socket"));
    // Linux gives the file the mode of the socket, less the umask: no moment at which others may.
    if (fchmod(socket_.get(), kSocketMode) != 0)
        return fail(errno_error(errno, "set the socket's mode"));
    // Nobody is there whose socket this could be: the lock is ours.
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
        return fail(errno_error(errno, "remove what is there"));
    if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0)
        return fail(errno_error(errno, "bind"));
    path_ = path;
    if (::listen(socket_.get(), kBacklog) != 0) return fail(errno_error(errno, "listen"));
    auto accepting = loop_.watch_while(socket_.get(), EPOLLIN, [this] { accept_client(); });
    if (!accepting) return fail(accepting.error());
    accepting_ = std::move(*accepting);
    return {};
}

/// One at a time: the loop looks at the others in turn.
void ControlServer::accept_client() {
    UniqueFd socket(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            rest_from_accepting();
        return;
    }
    const auto client = clients_.insert(clients_.end(), Client{std::move(socket), {}, {}, {}, {}});
    const bool full = clients_.size() >= limits_.clients;
    if (!watch_client(client) || (full && !accepting_->want(0))) hang_up(client);
}

/// The client stays in the queue, and the loop would find it there without a pause.
void ControlServer::rest_from_accepting() {
    auto rest = loop_.after(kRest, [this] { accept_again(); });
    if (rest && accepting_->want(0)) rest_ = std::move(*rest);
}

void ControlServer::accept_again() {
    if (!accepting_->want(EPOLLIN)) rest_from_accepting();
}

Result<void> ControlServer::watch_client(ClientPlace client) {
    auto ready = loop_.watch_while(client->socket.get(), EPOLLIN, [=, this] { on_ready(client); });
    if (!ready) return fail(ready.error());
    client->ready = std::move(*ready);
    return give_time(client);
}

Result<void> ControlServer::give_time(ClientPlace client) {
    auto deadline = loop_.after(limits_.patience, [=, this] { on_deadline(client); });
    if (!deadline) return fail(deadline.error());
    client->deadline = std::move(*deadline);
    return {};
}

void ControlServer::hang_up(ClientPlace client) {
    clients_.erase(client);
    accept_again();
}

void ControlServer::on_ready(ClientPlace client) {
    if (client->was_heard())
        send_more(client);
    else if (!client->receive())
        hang_up(client);
    else if (client->has_asked())
        answer(client);
}

void ControlServer::on_deadline(ClientPlace client) {
    // The loop may have been busy all the time, and the request be there.
    if (!client->was_heard() && client->receive() && client->has_asked()) return answer(client);
    hang_up(client);
}

void ControlServer::answer(ClientPlace client) {
    client->answer = answer_text(outcome_of(client->request));
    if (!client->ready->want(EPOLLOUT) || !give_time(client)) hang_up(client);
}

ReloadOutcome ControlServer::outcome_of(const std::string& request) {
    const std::string line = request.substr(0, request.find('\n'));
    if (line.size() == request.size())
        return {ExitCode::kUsage,
                {"expected a line of less than " + std::to_string(kMaxRequestBytes) + " bytes"}};
    if (line == kReloadRequest) return on_reload_();
    return {
        ExitCode::kUsage,
        {"unknown request `" + escaped_text(line) + "`, expected " + std::string(kReloadRequest)}};
}

void ControlServer::send_more(ClientPlace client) {
    const ssize_t sent =
        send(client->socket.get(), client->answer.data(), client->answer.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (sent > 0) client->answer.erase(0, static_cast<std::size_t>(sent));
    if (sent < 0 || client->answer.empty()) hang_up(client);
}

}  // namespace vfswatchd
