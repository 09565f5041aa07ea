#include "server/messaging/moment.h"

#include <fmt/format.h>

#include "fhir-model/time/text.h"

namespace varde::messaging {
namespace {
using namespace std::chrono;
using storage::Instant;

/// The shortest day there is has 23 hours.
bool is_day(const Span& span) { return span.end - span.begin >= hours{23}; }

}  // namespace

std::optional<Span> parse_moment(std::string_view text) {
  return time::read_span(text, time::Zone::norway(), time::Form::xml);
}

std::string utc_text(Instant instant) {
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(instant - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::string oslo_text(Instant instant) { return time::fhir_date_time(instant, time::Zone::norway()); }

std::string text_of(const Span& span) { return oslo_text(span.begin).substr(0, is_day(span) ? 10 : std::string::npos); }

std::string oslo_words(Instant instant) {
  const auto text = oslo_text(instant);
  return fmt::format("{}.{}.{} {}", text.substr(8, 2), text.substr(5, 2), text.substr(0, 4), text.substr(11, 5));
}

std::string oslo_words(const Span& span) {
  return oslo_words(span.begin).substr(0, is_day(span) ? 10 : std::string::npos);
}

}  // namespace varde::messaging
