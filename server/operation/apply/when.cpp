#include "server/operation/apply/when.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace varde::operation::apply {

namespace {

struct Unit {
  std::string_view code, word;
};
constexpr std::array kUnits{Unit{"a", "years"}, Unit{"mo", "months"},   Unit{"wk", "weeks"}, Unit{"d", "days"},
                            Unit{"h", "hours"}, Unit{"min", "minutes"}, Unit{"s", "seconds"}};

/// The moment so long after another, as text.
Result<std::string> after(std::string_view from, Element length, Setting& setting) {
  const auto unit =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& row) { return row.code == length["code"].value(); });
  if (unit == kUnits.end() || !length["value"])
    return fail(Fault::business_rule, "A length of time has a value and a code of UCUM: a, mo, wk, d, h, min or s.",
                length.path());
  const auto moved =
      setting.evaluate(fmt::format("{} + {} {}", from, length["value"].value(), unit->word), {}, length.path());
  FHIR_TRY(moved);
  const auto text = moved->empty() ? std::nullopt : moved->front().text();
  if (!text)
    return fail(Fault::business_rule, "The time cannot be worked out: the subject has no date of birth.",
                length.path());
  return *text;
}

}  // namespace

Element When::value() const { return holder_ ? holder_->root().at("parameter", 0).choice("value") : Element{}; }

Result<When> When::of(Element timing, Setting& setting) {
  When made;
  if (!timing) return made;
  made.holder_ = std::make_shared<fhir::Tree>(fhir::Tree::of("Parameters"));
  auto parameter = made.holder_->edit().add("parameter");
  parameter.set("name", "when");
  const std::string_view name = timing.name();
  if (name == "timingRange")
    return fail(Fault::not_supported, "A Range does not say whether it is of ages or of lengths of time.",
                timing.path());
  if (name == "timingAge") {
    const auto at = after("%patient.birthDate", timing, setting);
    FHIR_TRY(at);
    parameter.set("valueDateTime", *at);
  } else if (name == "timingDuration") {
    const auto end = after("now()", timing, setting);
    FHIR_TRY(end);
    auto period = parameter.add("valuePeriod");
    period.set("start", setting.now());
    period.set("end", *end);
  } else {
    parameter.add_copy("value" + std::string(name.substr(6)), timing);  // timingDateTime, timingPeriod, timingTiming
  }
  return made;
}

}  // namespace varde::operation::apply
