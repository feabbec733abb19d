// SPDX-License-Identifier: Apache-2.0
#include "service/log.h"

#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace vfswatchd {
namespace {

constexpr std::chrono::seconds kFlushTime{1};

// systemd.exec(5), $JOURNAL_STREAM: device:inode of the stream that is connected to the journal.
bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

const char* label(LogLevel level) {
    switch (level) {
        case LogLevel::kError:
            return "error";
        case LogLevel::kWarning:
            return "warning";
        case LogLevel::kNotice:
            return "notice";
        case LogLevel::kInfo:
            return "info";
        case LogLevel::kDebug:
            break;
    }
    return "debug";
}

}  // namespace

Log::Log(LogLevel level) : level_(level) {
    if (stderr_is_journal()) journal_ = std::make_shared<Journal>();
}

void Log::error(const std::string& text, const char* function) const {
    write(LogLevel::kError, text, function);
}
void Log::warning(const std::string& text, const char* function) const {
    write(LogLevel::kWarning, text, function);
}
void Log::notice(const std::string& text, const char* function) const {
    write(LogLevel::kNotice, text, function);
}
void Log::info(const std::string& text, const char* function) const {
    write(LogLevel::kInfo, text, function);
}

void Log::write(LogLevel level, const std::string& text, const char* function) const {
    if (level > level_) return;
    if (!journal_)
        std::fprintf(stderr, "vfswatchd: %s: %s\n", label(level), text.c_str());
    else if (level == LogLevel::kError)
        // An error ends the process, and of a process that is gone the journal cannot tell the
        // unit any more. The stream was the unit's from the start; sd-daemon(3) on the prefix.
        std::fprintf(stderr, SD_ERR "%s\n", text.c_str());
    else
        send(level, text, function);
}

void Log::send(LogLevel level, const std::string& text, const char* function) const {
    const std::uint64_t lost = journal_->lost;
    const std::string message =
        lost == 0 ? text : text + " (" + std::to_string(lost) + " lines before this were lost)";
    if (journal_->writer.push_notice(
            {"MESSAGE=" + message, "PRIORITY=" + std::to_string(static_cast<int>(level)),
             std::string("CODE_FUNC=") + function, "SYSLOG_IDENTIFIER=vfswatchd"}))
        journal_->lost -= lost;
    else
        journal_->lost++;
}

void Log::flush() const {
    if (journal_) journal_->writer.drain(kFlushTime);
}

}  // namespace vfswatchd
