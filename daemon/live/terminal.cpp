// SPDX-License-Identifier: Apache-2.0
#include "live/terminal.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "live/standard_streams.h"

namespace vfswatchd {
namespace {

// The alternate screen, no cursor, no wrapping at the right edge: a character that the terminal
// holds for wider than we do must not move the lines below.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[?7l";
constexpr std::string_view kLeave = "\033[?7h\033[?25h\033[?1049l";
// Cleared before the text: behind a full line the cursor still stands on its last column. What is
// below the last line goes with it.
constexpr std::string_view kHome = "\033[H";
constexpr std::string_view kClearLine = "\033[2K";
constexpr std::string_view kClearBelow = "\033[J";

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kReverse = "\033[7m";
constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kNormal = "\033[0m";

std::string_view dress(LineStyle style, bool colour) {
    switch (style) {
        case LineStyle::kTitle:
            return kBold;
        case LineStyle::kColumns:
            return kReverse;
        case LineStyle::kError:
            return colour ? kRed : kBold;
        case LineStyle::kPlain:
            break;
    }
    return {};
}

}  // namespace

bool is_drawable() {
    const char* terminal = std::getenv("TERM");
    const std::string_view kind = terminal == nullptr ? "" : terminal;
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && !kind.empty() &&
           kind != "dumb";
}

bool wants_colour() {
    const char* no_colour = std::getenv("NO_COLOR");
    return no_colour == nullptr || *no_colour == '\0';
}

Canvas canvas_of_stdout() {
    Canvas canvas;
    const std::string_view codeset = nl_langinfo(CODESET);
    canvas.charset = codeset == "UTF-8" ? Charset::kUtf8 : Charset::kAscii;
    if (isatty(STDOUT_FILENO) != 1) return canvas;
    winsize size{};
    // A serial line does not know its size.
    const bool known =
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0;
    canvas.columns = known ? size.ws_col : 80;
    canvas.lines = known ? size.ws_row : 24;
    return canvas;
}

Terminal::Terminal(Signals& signals) : signals_(signals) {
    tcgetattr(STDIN_FILENO, &before_);
    enter();
}

Terminal::~Terminal() {
    leave();
}

void Terminal::enter() {
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    // Who cannot draw now cannot draw later either, and is told so then.
    (void)write_out(kEnter, signals_);
}

void Terminal::leave() {
    // Who stopped it (Ctrl-S) and ends us from elsewhere wants to see his shell again.
    // Linux lets TCOON end what TCOOFF began only.
    tcflow(STDOUT_FILENO, TCOOFF);
    tcflow(STDOUT_FILENO, TCOON);
    (void)write_out(kLeave, signals_);
    // What was typed meanwhile was meant for us, not for the shell.
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

Result<bool> Terminal::draw(const std::vector<Line>& lines, bool colour) {
    return write_out(picture(lines, colour), signals_);
}

void Terminal::suspend() {
    leave();
    // SIGTSTP is blocked: the process was not stopped by it.
    ::kill(::getpid(), SIGSTOP);
    tcgetattr(STDIN_FILENO, &before_);
    enter();
}

std::string picture(const std::vector<Line>& lines, bool colour) {
    std::string text(kHome);
    for (const Line& line : lines) {
        if (&line != &lines.front()) text += "\r\n";
        text += &line == &lines.back() ? kClearBelow : kClearLine;
        const std::string_view dressing = dress(line.style, colour);
        text += dressing;
        text += line.text;
        if (!dressing.empty()) text += kNormal;
    }
    return text;
}

}  // namespace vfswatchd
