/// The parts of a date or time: https://hl7.org/fhirpath/#extract-datetime-components
#include "fhir-model/fhirpath/functions/functions.h"

namespace varde::fhirpath::functions {
namespace {

/// The Date, DateTime or Time of the focus; nullopt when it is empty. What is none of them is a fault.
std::optional<Temporal> moment(Call& call) {
  const Item* item = call.only();
  if (!item) return std::nullopt;
  const auto value = item->temporal();
  if (!value && !item->element()) call.fail(call.node.name + "() takes a Date, DateTime or Time");
  return value;
}

Collection part(Call& call, Precision which) {
  const auto value = moment(call);
  const auto number = value ? value->part(which) : std::nullopt;
  return number ? Collection{std::int32_t{*number}} : Collection{};
}

}  // namespace

Collection year_of(Call& call) { return part(call, Precision::year); }
Collection month_of(Call& call) { return part(call, Precision::month); }
Collection day_of(Call& call) { return part(call, Precision::day); }
Collection hour_of(Call& call) { return part(call, Precision::hour); }
Collection minute_of(Call& call) { return part(call, Precision::minute); }
Collection second_of(Call& call) { return part(call, Precision::second); }
Collection millisecond_of(Call& call) { return part(call, Precision::fraction); }

/// Hours east of UTC: 5.5 for +05:30.
Collection timezone_offset_of(Call& call) {
  const auto value = moment(call);
  if (!value || !value->has_offset()) return {};
  const auto hours = divide(Decimal(value->offset_minutes()), Decimal(60));
  return hours ? Collection{*hours} : Collection{};
}

Collection date_of(Call& call) {
  const auto value = moment(call);
  if (!value || value->kind() == Temporal::Kind::time) return {};
  return {value->as(Temporal::Kind::date)};
}

Collection time_of(Call& call) {
  const auto value = moment(call);
  if (!value || !value->part(Precision::hour)) return {};
  return {value->kind() == Temporal::Kind::time ? *value : value->time_of_day()};
}

}  // namespace varde::fhirpath::functions
