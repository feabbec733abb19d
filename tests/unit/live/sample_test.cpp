// SPDX-License-Identifier: Apache-2.0
#include "live/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

using testing::ElementsAre;

std::string fault_of_line(const std::string& line) {
    const auto sample = split_sample(line);
    return sample ? "nothing" : sample.error().message();
}

std::string fault_of_labels(const std::string& text) {
    const auto labels = parse_labels(text);
    return labels ? "nothing" : labels.error().message();
}

TEST(Sample, IsSplitIntoItsPieces) {
    const auto sample = split_sample(R"(a_total{path="/x y}",n="\"}"} 12)");
    ASSERT_TRUE(sample);
    EXPECT_EQ(sample->name, "a_total");
    EXPECT_EQ(sample->labels, R"(path="/x y}",n="\"}")");
    EXPECT_EQ(sample->value, "12");
}

TEST(Sample, NeedsNoLabelsAndMayHaveATime) {
    const auto bare = split_sample("a:b 1.5 1764091201000");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->name, "a:b");
    EXPECT_EQ(bare->labels, "");
    EXPECT_EQ(bare->value, "1.5");
    const auto spaced = split_sample("a {} \t7");
    ASSERT_TRUE(spaced);
    EXPECT_EQ(spaced->value, "7");
}

TEST(Sample, NamesWhatIsWrongWithALine) {
    for (const char* line : {"<html>", "{} 1", "9a 1", " a 1", "\"a\" 1"})
        EXPECT_EQ(fault_of_line(line), "no metric's name") << line;
    for (const char* line : {R"(a{b="c" 1)", R"(a{b="c} 1)", R"(a{b="c\"} 1)", "a{"})
        EXPECT_EQ(fault_of_line(line), "labels without an end") << line;
    for (const char* line : {"a", "a ", "a{}", "a{} "})
        EXPECT_EQ(fault_of_line(line), "no value") << line;
}

TEST(Sample, LabelsAreUnescapedAndSorted) {
    const auto labels = parse_labels(R"(target="a",path="/b\\x1f \"c\"\n{,=}",_x9="")");
    ASSERT_TRUE(labels);
    EXPECT_THAT(*labels, ElementsAre(Label{"_x9", ""}, Label{"path", "/b\\x1f \"c\"\n{,=}"},
                                     Label{"target", "a"}));
    EXPECT_EQ(label_value(*labels, "target"), "a");
    EXPECT_EQ(label_value(*labels, "pid"), "");
}

TEST(Sample, LabelsMayHaveBlanksAndACommaAtTheEnd) {
    EXPECT_THAT(parse_labels(R"( a = "1" , b="2", )").value(),
                ElementsAre(Label{"a", "1"}, Label{"b", "2"}));
    EXPECT_TRUE(parse_labels("").value().empty());
}

TEST(Sample, NamesWhatIsWrongWithLabels) {
    EXPECT_EQ(fault_of_labels(R"(="1")"), "a label has no name");
    EXPECT_EQ(fault_of_labels(R"(a:b="1")"), "a label has no value");
    EXPECT_EQ(fault_of_labels(R"(a)"), "a label has no value");
    EXPECT_EQ(fault_of_labels(R"(a=1)"), "a label's value is not quoted");
    EXPECT_EQ(fault_of_labels(R"(a="1)"), "a label's value has no end");
    EXPECT_EQ(fault_of_labels(R"(a="1\t")"), "a label's value has an unknown escape");
    EXPECT_EQ(fault_of_labels(R"(a="1\)"), "a label's value has an unknown escape");
    EXPECT_EQ(fault_of_labels(R"(a="1"b="2")"), "no comma between two labels");
    EXPECT_EQ(fault_of_labels(R"(a="1",a="2")"), "a label is there twice");
    EXPECT_EQ(fault_of_labels("a=\"\xff\""), "a label's value is not UTF-8");
}

TEST(Sample, CountsAreExactAbove2To53) {
    EXPECT_EQ(parse_count("9007199254740993").value(), 9007199254740993U);
    EXPECT_EQ(parse_count("18446744073709551615").value(), 18446744073709551615U);
    EXPECT_EQ(parse_count("0").value(), 0U);
}

TEST(Sample, CountsMayBeWrittenAsFloats) {
    EXPECT_EQ(parse_count("1.5e+3").value(), 1500U);
    EXPECT_EQ(parse_count("1e10").value(), 10000000000U);
    EXPECT_EQ(parse_count("+12").value(), 12U);
    EXPECT_EQ(parse_count("2.0").value(), 2U);
    EXPECT_EQ(parse_count("1e-3").value(), 0U);
}

TEST(Sample, WhatNoCountIsIsLeftOut) {
    for (const char* text : {"NaN", "nan", "+Inf", "-Inf", "-1", "-0.5", "18446744073709551616",
                             "1e300", "1e999", "-NaN"}) {
        const auto count = parse_count(text);
        ASSERT_TRUE(count) << text;
        EXPECT_EQ(*count, std::nullopt) << text;
    }
}

TEST(Sample, NoNumberIsWrong) {
    for (const char* text : {"", "x", "1x", "0x10", "1,5", "+-1", "++1", "--1", "1e", "."})
        EXPECT_FALSE(parse_count(text)) << text;
}

}  // namespace
}  // namespace vfswatchd
