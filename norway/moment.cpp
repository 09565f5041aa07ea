#include "norway/moment.h"

#include <fmt/format.h>

#include "fhir-model/time/text.h"

namespace varde::norway {
namespace {
using namespace std::chrono;
using time::Instant;

/// The shortest day there is has 23 hours.
bool is_day(const time::Span& span) { return span.end - span.begin >= hours{23}; }

}  // namespace

std::optional<time::Span> parse_moment(std::string_view text) {
  return time::read_span(text, time::Zone::norway(), time::Form::xml);
}

std::string oslo_text(Instant instant) { return time::fhir_date_time(instant, time::Zone::norway()); }

std::string text_of(const time::Span& span) {
  return oslo_text(span.begin).substr(0, is_day(span) ? 10 : std::string::npos);
}

/// Språkrådet, "Dato" and "Klokkeslett": as time::norwegian_text, with the year.
std::string oslo_words(Instant instant) {
  const auto text = oslo_text(instant);
  return fmt::format("{}.{}.{} kl. {}.{}", text.substr(8, 2), text.substr(5, 2), text.substr(0, 4), text.substr(11, 2),
                     text.substr(14, 2));
}

std::string oslo_words(const time::Span& span) {
  return oslo_words(span.begin).substr(0, is_day(span) ? 10 : std::string::npos);
}

}  // namespace varde::norway
