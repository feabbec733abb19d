// SPDX-License-Identifier: Apache-2.0
#include "http/accept_encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

struct Case {
    std::string value;
    bool gzip;
};

void PrintTo(const Case& tested, std::ostream* out) {
    *out << '"' << tested.value << '"';
}

class AcceptEncoding : public testing::TestWithParam<Case> {};

TEST_P(AcceptEncoding, DecidesAsRfc9110Says) {
    EXPECT_EQ(accepts_gzip(GetParam().value), GetParam().gzip);
}

INSTANTIATE_TEST_SUITE_P(
    Table, AcceptEncoding,
    testing::Values(Case{"", false}, Case{"gzip", true}, Case{"x-gzip", true}, Case{"GZip", true},
                    Case{"*", true}, Case{"identity", false}, Case{"deflate, br", false},
                    Case{"deflate, gzip;q=1.0, *;q=0.5", true}, Case{"br , \tgzip", true},
                    // Refused by weight, however it is spelled.
                    Case{"gzip;q=0", false}, Case{"gzip;q=0.0", false}, Case{"gzip;q=0.000", false},
                    Case{"gzip; q=0", false}, Case{"gzip ;Q=0", false}, Case{"*;q=0", false},
                    Case{"gzip;q=0.001", true}, Case{"gzip;q=1.000", true},
                    Case{"gzip;q=0.", false}, Case{"gzip;q=1.", true},
                    // The named coding decides over the star, whichever comes first.
                    Case{"gzip;q=0, *", false}, Case{"*, gzip;q=0", false},
                    Case{"*;q=0, gzip", true},
                    // One of the two names is enough.
                    Case{"x-gzip;q=0, gzip", true}, Case{"gzip, x-gzip;q=0", true},
                    // A client that likes the plain body better gets it.
                    Case{"identity, gzip;q=0.5", false}, Case{"identity;q=0.5, gzip", true},
                    Case{"identity;q=0, gzip;q=0.1", true}, Case{"identity;q=0, *", true},
                    // Malformed weights, empty elements and names that only look alike.
                    Case{"gzip;q=", false}, Case{"gzip;q=x", false}, Case{"gzip;q=2", false},
                    Case{"gzip;q=1.5", false}, Case{"gzip;q=0.1234", false},
                    Case{"gzip;q=-1", false}, Case{"gzip;q=0.5x", false}, Case{",,gzip,,", true},
                    Case{",", false}, Case{";q=1", false}, Case{"gzipped", false},
                    Case{"gzi", false}, Case{"gzip2;q=1, gz", false}, Case{"gzip;level=1", true},
                    Case{"gzip;level=1;q=0", false}, Case{"gzip;", true}));

}  // namespace
}  // namespace vfswatchd
