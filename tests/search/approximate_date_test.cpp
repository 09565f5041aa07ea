/// ap: "the range of the search value overlaps with the range of the target value", within a tenth of the distance from
/// now. https://hl7.org/fhir/R4/search.html#prefix
#include <gtest/gtest.h>

#include "server/search/value.h"

namespace varde::search {
namespace {

DateSpan span_of(std::string_view text) { return time::read_span(text, time::Zone::norway()).value(); }

TEST(ApproximateDate, reaches_a_tenth_of_the_distance_from_now_to_both_sides_and_no_further) {
  const auto now = span_of("2024-06-22").begin;  // a hundred days later
  const auto value = parse_date_value("ap2024-03-14", "date", now, time::Zone::norway());
  ASSERT_TRUE(value);
  for (const auto* near : {"2024-03-05", "2024-03-14", "2024-03-23"})
    EXPECT_TRUE(value->matches(span_of(near))) << near;
  for (const auto* far : {"2024-03-02", "2024-03-26", "1990-01-01", "2050-01-01"})
    EXPECT_FALSE(value->matches(span_of(far))) << far;
}

}  // namespace
}  // namespace varde::search
