// SPDX-License-Identifier: Apache-2.0
// Input: a byte that says how long the pieces are, then two pages, 0x00 between them. Pieces must
// not matter, a page that is refused must change nothing, and what is drawn must fit.
#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "live/cells.h"
#include "live/layout.h"
#include "live/meter.h"
#include "live/rates_json.h"
#include "live/table.h"

namespace {

using namespace vfswatchd;

constexpr std::size_t kColumns = 60;
constexpr std::size_t kLines = 12;

void check(bool holds) {
    if (!holds) std::abort();
}

Result<std::optional<Interval>> read(Meter& meter, std::string_view page, std::size_t piece,
                                     int second) {
    meter.begin();
    while (!page.empty()) {
        const auto taken = meter.take(page.substr(0, piece));
        if (!taken) {
            meter.abandon();
            return fail(taken.error());
        }
        page.remove_prefix(std::min(piece, page.size()));
    }
    return meter.finish(Meter::Clock::time_point(std::chrono::seconds(second)));
}

std::string json_of(const Interval& interval) {
    TableChoice choice;
    choice.most_rows = 1000;
    choice.sort = SortKey::kPath;
    choice.by.kind = RowKind::kSeries;
    const Table table = make_table(interval, choice);
    return rates_json("", {}, interval, table, choice);
}

void check_picture(const Interval& interval, RowKind kind) {
    TableChoice choice;
    choice.by = {kind, "path"};
    choice.most_rows = kLines;
    const Table table = make_table(interval, choice);
    const auto lines = lay_out({}, &interval, &table, choice, {kColumns, kLines, Charset::kUtf8});
    check(lines.size() <= kLines);
    for (const Line& line : lines) {
        check(text_columns(line.text) <= kColumns);
        check(shown_text(line.text, Charset::kUtf8) == line.text);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const char* const locale = std::setlocale(LC_CTYPE, "C.UTF-8");
    check(locale != nullptr);
    if (size == 0) return -1;
    const std::size_t piece = data[0] + std::size_t{1};
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::string_view first = text.substr(0, text.find('\0'));
    const std::string_view second = text.substr(std::min(first.size() + 1, text.size()));
    Meter whole;
    Meter pieces;
    const bool begun = read(whole, first, std::string_view::npos, 1).has_value();
    check(read(pieces, first, piece, 1).has_value() == begun);
    const auto interval = read(whole, second, std::string_view::npos, 2);
    const auto same = read(pieces, second, piece, 2);
    check(interval.has_value() == same.has_value());
    if (!begun || !interval || !*interval) {
        // A page that was refused is as if it had not been.
        const auto again = read(whole, first, std::string_view::npos, 3);
        if (begun && !interval && again && *again) check((*again)->files.empty());
        return 0;
    }
    check(json_of(**interval) == json_of(**same));
    for (const RowKind kind : {RowKind::kFile, RowKind::kSeries, RowKind::kTarget, RowKind::kLabel})
        check_picture(**interval, kind);
    return 0;
}
