#include "server/followup/words.h"

#include <fmt/format.h>

#include "server/followup/limits.h"
#include "server/followup/measure.h"

namespace varde::followup {

namespace {

/// In the limits' unit. What was converted has the measure's precision, and no more of it than keeps the number on its
/// side of the boundary: 84.96 below 85 is not "85".
double shown_value(const Judged& judged) {
  const auto& value = judged.value;
  const auto& limits = judged.limits;
  const auto& finding = judged.finding;
  const double exact = in_unit(value.number, value.unit, limits.unit, value.known).value_or(value.number);
  if (!value.known || value.sent_unit == limits.unit) return exact;
  for (int decimals = value.known->decimals; decimals < 6; ++decimals) {
    const double shown = rounded(exact, decimals);
    if (!finding.crossed || finding.side != Side::below || shown < finding.crossed->value) return shown;
  }
  return exact;
}

}  // namespace

std::string measure_label(const MeasuredValue& value) { return measure_name(value.place["code"]); }

std::string describe(const Judged& judged) {
  const auto& value = judged.value;
  const auto& limits = judged.limits;
  const auto& finding = judged.finding;
  const auto shown = shown_value(judged);
  const auto unit = shown_unit(limits.unit);
  if (!finding.crossed)
    return fmt::format("{} {} {}: {}", measure_label(value), shown_number(shown), unit, norwegian(finding.zone));
  const auto comparator = judged.doubt == Doubt::part_missing         ? "minst "
                          : value.comparator == 0 && value.beside < 0 ? "så vidt under "
                          : value.comparator == 0 && value.beside > 0
                              ? "så vidt over "
                              : value.place["valueQuantity"]["comparator"].value();
  const auto side = finding.side == Side::below ? "under" : shown == finding.crossed->value ? "på" : "over";
  return fmt::format("{} {}{} {} er {} {} grense {} {}", measure_label(value), comparator, shown_number(shown), unit,
                     side, norwegian(finding.zone), shown_number(finding.crossed->value), unit);
}

std::string in_words(const LimitSet& limits) {
  std::string text;
  for (const auto& range : limits.ranges)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", norwegian(range.zone), shown_range(limits, range));
  return text;
}

std::string as_sentence(std::string_view text) {
  std::string sentence(text);
  if (!sentence.empty() && sentence.front() >= 'a' && sentence.front() <= 'z')
    sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
  return sentence;
}

std::string describe(const Judgement& judgement) {
  std::string text;
  const auto add = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
  for (const auto& judged : judgement.values) {
    if (judged.finding.zone >= Zone::yellow) add(describe(judged));
    for (const auto& found : judged.beyond)
      if (found.zone >= Zone::yellow)
        add(fmt::format("{}: {}", norwegian(found.zone), found.text));
      else if (judged.level() >= Zone::yellow)
        add(found.text);
  }
  return as_sentence(text);
}

}  // namespace varde::followup
