#include "server/followup/instant.h"

#include "fhir-model/time/span.h"
#include "fhir-model/time/text.h"
#include "fhir-model/view/observation.h"

namespace varde::followup {

Result<Instant> parse_instant(std::string_view text, const time::Zone& zone) {
  const auto span = time::read_span(text, zone);
  if (!span) return fail(Fault::value_malformed, "a FHIR date or time is expected, such as 2026-11-22T08:30:00+01:00");
  return span->begin;
}

std::string format_date(Instant time, const time::Zone& zone) { return time::fhir_date(time, zone); }

std::optional<Instant> measured_at(fhir::Element observation, const time::Zone& zone) {
  const auto measured = fhir::view::Observation::of(observation);
  const auto effective = measured.effective();
  std::string_view text = effective.element().value();  // of a dateTime or an instant
  if (text.empty()) text = effective.period().end();
  if (text.empty()) text = effective.period().start();
  if (text.empty()) text = effective.timing().event().front();
  if (text.empty()) text = measured.issued();
  const auto time = parse_instant(text, zone);
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace varde::followup
