// Holds us to https://hl7.org/fhirpath/N1/#functions
#include <gtest/gtest.h>

#include <algorithm>

#include "fhir-model/fhirpath/functions/functions.h"
#include "tests/fhirpath/support/answer.h"

namespace varde::fhirpath {
namespace {

struct Row {
  std::string_view expression, answer;
};
void expect_all(std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(answer(row.expression), row.answer) << row.expression;
}

TEST(Functions, hold_every_name_of_the_normative_specification) {
  for (const auto name : {"empty",
                          "exists",
                          "all",
                          "allTrue",
                          "anyTrue",
                          "allFalse",
                          "anyFalse",
                          "subsetOf",
                          "supersetOf",
                          "count",
                          "distinct",
                          "isDistinct",
                          "where",
                          "select",
                          "repeat",
                          "ofType",
                          "single",
                          "first",
                          "last",
                          "tail",
                          "skip",
                          "take",
                          "intersect",
                          "exclude",
                          "union",
                          "combine",
                          "iif",
                          "toBoolean",
                          "convertsToBoolean",
                          "toInteger",
                          "convertsToInteger",
                          "toDate",
                          "convertsToDate",
                          "toDateTime",
                          "convertsToDateTime",
                          "toDecimal",
                          "convertsToDecimal",
                          "toQuantity",
                          "convertsToQuantity",
                          "toString",
                          "convertsToString",
                          "toTime",
                          "convertsToTime",
                          "indexOf",
                          "substring",
                          "startsWith",
                          "endsWith",
                          "contains",
                          "upper",
                          "lower",
                          "replace",
                          "matches",
                          "replaceMatches",
                          "length",
                          "toChars",
                          "abs",
                          "ceiling",
                          "exp",
                          "floor",
                          "ln",
                          "log",
                          "power",
                          "round",
                          "sqrt",
                          "truncate",
                          "children",
                          "descendants",
                          "trace",
                          "now",
                          "timeOfDay",
                          "today",
                          "not",
                          "is",
                          "as",
                          "aggregate",
                          "type",
                          "extension",
                          "hasValue",
                          "getValue",
                          "resolve",
                          "memberOf",
                          "conformsTo",
                          "htmlChecks"})
    EXPECT_NE(find_function(name), nullptr) << name;
}

TEST(Existence, of_items_and_of_all_items) {
  expect_all({{"{}.exists()", "false"},
              {"(1 | 2).exists($this > 1)", "true"},
              {"{}.all($this > 1)", "true"},
              {"(1 | 2).all($this > 1)", "false"},
              {"{}.allTrue()", "true"},
              {"{}.anyTrue()", "false"},
              {"(true | false).anyFalse()", "true"},
              {"(1 | 2).subsetOf(1 | 2 | 3)", "true"},
              {"(1 | 2).supersetOf(1 | 2 | 3)", "false"},
              {"(1 | 1.0 | 2).count()", "2"},
              {"1.combine(1).isDistinct()", "false"},
              {"{}.count()", "0"}});
}

TEST(Filtering, keeps_this_index_and_total_apart) {
  expect_all({{"('a' | 'b' | 'c').where($index > 0)", "b, c"},
              {"('a' | 'b').select($this & $index.toString())", "a0, b1"},
              {"(1 | 2 | 3).select((10 | 20).select($this + $index))", "10, 21, 10, 21, 10, 21"},
              {"(1 | 2 | 3 | 4).aggregate($this * $total, 1)", "24"},
              {"{}.aggregate($this + $total, 7)", "7"},
              {"(1 | 2 | 3).where($this > 1 and ($this + 1) in (3 | 4))", "2, 3"},
              {"1.repeat(iif($this < 5, $this + 1, {}))", "2, 3, 4, 5"},
              {"iif({}, 1)", "{}"},
              {"iif(true, 1, (1 | 2).single())", "1"},
              {"(3 | 1 | 2).sort()", "1, 2, 3"},
              {"(3 | 1 | 2).sort(-$this)", "3, 2, 1"},
              {"coalesce({}, 2, 3)", "2"}});
}

TEST(Subsetting, stays_within_the_collection) {
  expect_all({{"(1 | 2 | 3).first()", "1"},
              {"(1 | 2 | 3).last()", "3"},
              {"(1 | 2 | 3).tail()", "2, 3"},
              {"(1 | 2 | 3).skip(-1)", "1, 2, 3"},
              {"(1 | 2 | 3).skip(9)", "{}"},
              {"(1 | 2 | 3).take(0)", "{}"},
              {"(1 | 2 | 3).take(2)", "1, 2"},
              {"(1 | 2 | 3)[1]", "2"},
              {"(1 | 2)[-1]", "{}"},
              {"{}.first()", "{}"},
              {"{}.single()", "{}"},
              {"(1 | 2 | 3).intersect(3 | 2)", "2, 3"},
              {"1.combine(1).combine(2).exclude(2)", "1, 1"},
              {"1.union(1)", "1"}});
}

TEST(Conversion, gives_empty_where_it_cannot) {
  expect_all({{"'yes'.toBoolean()", "true"},
              {"'N'.toBoolean()", "false"},
              {"2.toBoolean()", "{}"},
              {"'+7'.toInteger()", "7"},
              {"'7.0'.toInteger()", "{}"},
              {"true.toInteger()", "1"},
              {"'99999999999'.toInteger()", "{}"},
              {"'1.50'.toDecimal()", "1.50"},
              {"'1e3'.toDecimal()", "{}"},
              {"1.50.toString()", "1.50"},
              {"@2015-02.toString()", "2015-02"},
              {"@2015-02-04T10:00Z.toDate()", "2015-02-04"},
              {"@2015-02.toDateTime()", "2015-02"},
              {"'2015-02-30'.convertsToDate()", "false"},
              {"'14:30'.toTime()", "14:30"},
              {"'5 \\'mg\\''.toQuantity()", "5 'mg'"},
              {"'5 days'.toQuantity()", "5 days"},
              {"'5 mg'.toQuantity()", "{}"},
              {"1500 'g'.toQuantity('kg')", "1.5 'kg'"},
              {"1 'g'.convertsToQuantity('m')", "false"},
              {"{}.convertsToInteger()", "{}"},
              {"@T10.convertsToDate()", "false"}});
}

TEST(Strings, are_counted_by_characters_not_bytes) {
  expect_all({{"'blåbær'.length()", "6"},
              {"'blåbær'.indexOf('b')", "0"},
              {"'blåbær'.lastIndexOf('b')", "3"},
              {"'blåbær'.substring(2, 2)", "åb"},
              {"'blåbær'.upper()", "BLÅBÆR"},
              {"'ØRE'.lower()", "øre"},
              {"'a€😀'.toChars()", "a, €, 😀"},
              {"'abc'.substring(3)", "{}"},
              {"'abc'.substring(1, 99)", "bc"},
              {"'abc'.substring(0, 0)", ""},
              {"'å'.replace('', '-')", "-å-"},
              {"'aXbX'.replace('X', '')", "ab"},
              {"'abc'.contains('')", "true"},
              {"{}.length()", "{}"},
              {"' a '.trim()", "a"},
              {"'a,b,,c'.split(',')", "a, b, , c"},
              {"('a' | 'b').join('-')", "a-b"},
              {"'abc'.indexOf('x')", "-1"}});
  EXPECT_EQ(answer("1.length()"), "fault: FHIRPath: length() takes a String, not a Integer, at character 3.");
}

TEST(Patterns, match_anywhere_and_substitute_groups) {
  expect_all(
      {{"'N8000123123'.matches('^N[0-9]{8}$')", "false"},
       {"'N8000123123'.matches('N[0-9]{8}')", "true"},
       {"'abc'.matchesFull('b')", "false"},
       {"'a\\nb'.matches('a.b')", "true"},
       {"'11/30/1972'.replaceMatches('\\\\b(?P<month>\\\\d{1,2})/(?P<day>\\\\d{1,2})/(?P<year>\\\\d{2,4})\\\\b', "
        "'${day}-${month}-${year}')",
        "30-11-1972"},
       {"'ab'.replaceMatches('(a)(b)', '$2$1')", "ba"},
       {"'æøå'.matches('^.{3}$')", "true"}});
  EXPECT_EQ(answer("'a'.matches('(')").substr(0, 50), "fault: FHIRPath: not a regular expression that is ");
  EXPECT_EQ(answer("'ab'.replaceMatches('a', '$1')").substr(0, 6), "fault:");
}

TEST(Encoding, goes_both_ways) {
  expect_all({{"'blåbær'.encode('base64')", "YmzDpWLDpnI="},
              {"'YmzDpWLDpnI='.decode('base64')", "blåbær"},
              {"'?>'.encode('urlbase64')", "Pz4="},
              {"'æ'.encode('hex')", "c3a6"},
              {"'C3A6'.decode('hex')", "æ"},
              {"'c3a'.decode('hex')", "{}"},
              {"'!'.decode('base64')", "{}"},
              {"'<a & b>'.escape('html')", "&lt;a &amp; b&gt;"},
              {"'&lt;a &amp; b&gt;'.unescape('html')", "<a & b>"},
              {"'x'.encode('rot13')", "{}"}});
}

TEST(Mathematics, is_exact_where_it_can_be) {
  expect_all({{"(-5).abs()", "5"},
              {"(-1.5 'mg').abs()", "1.5 'mg'"},
              {"(-1.1).ceiling()", "-1"},
              {"(-1.1).floor()", "-2"},
              {"(-1.9).truncate()", "-1"},
              {"2.5.round()", "3"},
              {"3.14159.round(3)", "3.142"},
              {"81.sqrt()", "9"},
              {"2.sqrt().round(8)", "1.41421356"},
              {"(-1).sqrt()", "{}"},
              {"0.ln()", "{}"},
              {"100.log(10)", "2"},
              {"2.power(10)", "1024"},
              {"2.power(-1)", "0.5"},
              {"1.1.power(2)", "1.21"},
              {"(-1).power(0.5)", "{}"},
              {"0.exp()", "1"},
              {"1000.exp()", "{}"},
              {"1.round(-1).empty()",
               "fault: FHIRPath: round() takes a number of decimals that is not negative, at character 3."}});
}

TEST(Boundaries, are_what_a_value_may_mean) {
  expect_all({{"1.587.lowBoundary()", "1.58650000"},
              {"1.587.highBoundary(2)", "1.59"},
              {"@2014.lowBoundary()", "2014-01-01"},
              {"@2024-02.highBoundary()", "2024-02-29"},
              {"@T10:30.highBoundary(9)", "10:30:59.999"},
              {"1.58700.precision()", "5"},
              {"@2014T.highBoundary(17)", "2014-12-31T23:59:59.999-12:00"},
              {"1 'cm'.comparable(1 '[in_i]')", "true"},
              {"1 'cm'.comparable(1 'g')", "false"}});
}

TEST(Patterns, take_named_groups_as_the_specification_writes_them) {
  expect_all(
      {{R"('11/30/1972'.replaceMatches('\\b(?<month>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{4})\\b', '${day}-${month}-${year}'))",
        "30-11-1972"},
       {R"('a(?<b'.matchesFull('a\\(\\?<b'))", "true"}});
}

TEST(Aggregates, have_shorthands) {
  expect_all(
      {{"(1 | 2 | 3).sum()", "6"},
       {"(1 'g' | 500 'mg').sum()", "1.5 'g'"},
       {"(1 | 2.5).avg()", "1.75"},
       {"(3 | 1 | 2).min()", "1"},
       {"('a' | 'c' | 'b').max()", "c"},
       {"{}.sum()", "{}"},
       {"{}.max()", "{}"},
       {"(1 | 'a').max()", "fault: FHIRPath: values of these types have no order between them, at character 11."}});
}

TEST(Moments, are_taken_apart) {
  expect_all({{"@2024-05-31T14:30:15.250+05:30.yearOf()", "2024"},
              {"@2024-05-31T14:30:15.250+05:30.monthOf()", "5"},
              {"@2024-05-31T14:30:15.250+05:30.dayOf()", "31"},
              {"@2024-05-31T14:30:15.250+05:30.hourOf()", "14"},
              {"@2024-05-31T14:30:15.250+05:30.minuteOf()", "30"},
              {"@2024-05-31T14:30:15.250+05:30.secondOf()", "15"},
              {"@2024-05-31T14:30:15.250+05:30.millisecondOf()", "250"},
              {"@2024-05-31T14:30:15.250+05:30.timezoneOffsetOf()", "5.5"},
              {"@2024-05-31T14:30:15.250+05:30.dateOf()", "2024-05-31"},
              {"@2024-05-31T14:30:15.250+05:30.timeOf()", "14:30:15.250"},
              {"@2024-05.dayOf()", "{}"},
              {"@T14:30.hourOf()", "14"},
              {"@T14:30.yearOf()", "{}"},
              {"@2024-05-31T14:30.timezoneOffsetOf()", "{}"},
              {"1.yearOf()", "fault: FHIRPath: yearOf() takes a Date, DateTime or Time, at character 3."}});
}

TEST(Variables, live_as_long_as_the_chain_that_defines_them) {
  expect_all({{"1.defineVariable('a').select(%a + 1)", "2"},
              {"defineVariable('a', 5).select(%a)", "{}"},
              {"1.defineVariable('a', 5).select(%a)", "5"},
              {"(1 | 2 | 3).defineVariable('all').select(%all.count())", "3, 3, 3"},
              {"(1 | 2 | 3).defineVariable('last', last()).select(%last - $this)", "2, 1, 0"},
              {"(1 | 2).select($this.defineVariable('n').select(%n * 10))", "10, 20"},
              {"1.defineVariable('a').select(2.defineVariable('b').select(%a + %b))", "3"},
              {"1.defineVariable('a') | 2.defineVariable('a')", "1, 2"},
              {"(1.defineVariable('a') | 2).select(%a)", "fault: FHIRPath: %a is not known here, at character 36."},
              {"1.defineVariable('a') + %a", "fault: FHIRPath: %a is not known here, at character 25."},
              {"1.defineVariable('a').defineVariable('a')", "fault: FHIRPath: %a is defined already, at character 23."},
              {"1.defineVariable('ucum')", "fault: FHIRPath: %ucum is defined already, at character 3."}});
}

TEST(Time, is_the_given_clocks_and_stands_still) {
  Environment environment;
  std::int64_t calls = 0;
  environment.clock = [&] { return 1'700'000'000'000 + 1000 * calls++; };
  environment.offset_minutes = 60;
  EXPECT_EQ(answer("now()", {}, environment), "2023-11-14T23:13:20.000+01:00");
  calls = 0;
  EXPECT_EQ(answer("today()", {}, environment), "2023-11-14");
  calls = 0;
  EXPECT_EQ(answer("timeOfDay()", {}, environment), "23:13:20.000");
  EXPECT_EQ(answer("now() = now()", {}, environment), "true");
}

}  // namespace
}  // namespace varde::fhirpath
