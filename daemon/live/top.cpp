// SPDX-License-Identifier: Apache-2.0
#include "live/top.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "base/terminal_text.h"
#include "live/keys.h"
#include "live/layout.h"
#include "live/meter.h"
#include "live/rates_json.h"
#include "live/signals.h"
#include "live/standard_streams.h"
#include "live/terminal.h"

namespace vfswatchd {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kRowsOfATable = 20;
// How long nobody may have read our stdout before we notice.
constexpr milliseconds kLongestWait{1000};

std::string local_time() {
    const time_t now = std::time(nullptr);
    tm parts{};
    localtime_r(&now, &parts);
    std::array<char, 16> text{};
    strftime(text.data(), text.size(), "%H:%M:%S", &parts);
    return text.data();
}

/// What is shown, and the loop that shows it.
class Top {
  public:
    Top(const TopSettings& settings, Signals& signals)
        : settings_(settings), signals_(signals), colour_(wants_colour()) {
        choice_.by = settings.by;
        choice_.sort = settings.sort;
        choice_.path = settings.path;
        heading_.source = settings.fetch.endpoint.shown;
        heading_.wait_seconds = std::chrono::duration<double>(settings.interval).count();
    }

    Result<void> run();

  private:
    Result<void> begin();
    void ask();
    Result<void> wait();
    Result<void> take_answer(Result<Clock::time_point> made);
    Result<void> take_page(Clock::time_point made);
    Result<void> take_failure(const Error& error);
    Result<void> take_signals();
    Result<void> take_input();
    void press(const KeyPress& key);
    Result<void> show();
    Result<void> draw();
    Result<void> print();
    Result<void> put(Result<bool> written);
    [[nodiscard]] bool draws() const { return terminal_ != nullptr; }

    const TopSettings& settings_;
    Signals& signals_;
    bool colour_;
    TableChoice choice_;
    Heading heading_;
    Meter meter_;
    std::unique_ptr<Fetcher> fetcher_;
    std::unique_ptr<Terminal> terminal_;
    Clock::time_point next_;
    std::optional<Interval> interval_;  ///< shown
    bool answered_ = false;
    bool over_ = false;
};

Result<void> Top::run() {
    auto fetcher = Fetcher::make(settings_.fetch, [this](std::string_view piece) -> Result<void> {
        return meter_.take(piece);
    });
    if (!fetcher) return fail(fetcher.error());
    fetcher_ = std::move(*fetcher);
    ask();
    while (!over_) {
        auto went_on = wait();
        if (!went_on) return went_on;
    }
    return {};
}

void Top::ask() {
    next_ = Clock::now() + settings_.interval;
    meter_.begin();
    fetcher_->start();
}

/// One round of the loop.
Result<void> Top::wait() {
    const auto left = std::chrono::ceil<milliseconds>(next_ - Clock::now());
    const bool busy = fetcher_->under_way();
    std::vector<int> inputs = {signals_.descriptor()};
    if (draws()) inputs.push_back(STDIN_FILENO);
    fetcher_->wait(inputs, busy ? kLongestWait : std::clamp(left, milliseconds(0), kLongestWait));
    Result<void> done = take_signals();
    if (done && draws() && !over_) done = take_input();
    if (!done || over_) return done;
    if (auto answer = fetcher_->ended()) done = take_answer(std::move(*answer));
    if (!is_read()) over_ = true;
    if (done && !over_ && !fetcher_->under_way() && Clock::now() >= next_) ask();
    return done;
}

Result<void> Top::take_answer(Result<Clock::time_point> made) {
    if (made) return take_page(*made);
    meter_.abandon();
    return take_failure(made.error());
}

Result<void> Top::take_page(Clock::time_point made) {
    auto interval = meter_.finish(made);
    if (!interval) return take_failure(interval.error().within(settings_.fetch.endpoint.shown));
    const bool first = !std::exchange(answered_, true);
    if (first && !settings_.once && !settings_.json && is_drawable())
        terminal_ = std::make_unique<Terminal>(signals_);
    const bool mended = !std::exchange(heading_.error, "").empty();
    if (*interval && !heading_.paused) {
        interval_ = std::move(**interval);
        heading_.time = local_time();
        auto shown = show();
        if (settings_.once) over_ = true;
        return shown;
    }
    return draws() && (first || mended) ? draw() : Result<void>();
}

Result<void> Top::take_failure(const Error& error) {
    if (!answered_ || settings_.once) return fail(error);
    heading_.error = error.message();
    if (draws()) return draw();
    std::fprintf(stderr, "vfswatchctl: %s\n", terminal_text(heading_.error).c_str());
    return {};
}

Result<void> Top::take_signals() {
    signals_.collect();
    if (signals_.end()) over_ = true;
    bool redraw = signals_.take_resize();
    if (signals_.take_suspend() && !over_) {
        if (draws())
            terminal_->suspend();
        else
            ::kill(::getpid(), SIGSTOP);
        redraw = true;
    }
    return redraw && draws() && !over_ ? draw() : Result<void>();
}

Result<void> Top::take_input() {
    if (!has_input()) return {};
    std::array<char, 256> bytes{};
    const ssize_t size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    if (size <= 0) {  // the terminal is gone
        over_ = true;
        return {};
    }
    const auto keys = read_keys({bytes.data(), static_cast<std::size_t>(size)});
    for (const KeyPress& key : keys)
        press(key);
    return keys.empty() || over_ ? Result<void>() : draw();
}

void Top::press(const KeyPress& key) {
    switch (key.action) {
        case KeyAction::kQuit:
            over_ = true;
            break;
        case KeyAction::kSort:
            choice_.sort = key.sort;
            break;
        case KeyAction::kPause:
            heading_.paused = !heading_.paused;
            break;
        case KeyAction::kHelp:
            heading_.help = !heading_.help;
            break;
        case KeyAction::kRedraw:
            break;
    }
}

Result<void> Top::show() {
    return draws() ? draw() : print();
}

Result<void> Top::draw() {
    const Canvas canvas = canvas_of_stdout();
    choice_.most_rows = std::min(settings_.rows.value_or(canvas.lines), rows_that_fit(canvas));
    std::optional<Table> table;
    if (interval_) table = make_table(*interval_, choice_);
    if (heading_.time.empty()) heading_.time = local_time();
    return put(terminal_->draw(lay_out(heading_, interval_ ? &*interval_ : nullptr,
                                       table ? &*table : nullptr, choice_, canvas),
                               colour_));
}

Result<void> Top::print() {
    choice_.most_rows = settings_.rows.value_or(kRowsOfATable);
    const Table table = make_table(*interval_, choice_);
    if (settings_.json)
        return put(write_out(rates_json(heading_.source, std::chrono::system_clock::now(),
                                        *interval_, table, choice_),
                             signals_));
    Canvas canvas = canvas_of_stdout();
    canvas.lines = 0;
    std::string text;
    for (const Line& line : lay_out(heading_, &*interval_, &table, choice_, canvas))
        text += line.text + "\n";
    if (!settings_.once) text += "\n";
    return put(write_out(text, signals_));
}

Result<void> Top::put(Result<bool> written) {
    if (!written) return fail(written.error());
    if (!*written) over_ = true;
    return {};
}

}  // namespace

Result<void> show_top(const TopSettings& settings) {
    // Widths of characters only; numbers stay as they are.
    std::setlocale(LC_CTYPE, "");
    auto signals = Signals::open();
    if (!signals) return fail(signals.error());
    return Top(settings, *signals).run();
}

}  // namespace vfswatchd
