#include "mappings/plo/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "norway/code_lists.h"
#include "norway/message_time.h"

namespace varde::mappings {
namespace {

struct Level {
  std::string_view code, norwegian;
};
constexpr std::array kLevels{Level{"green", "grønn"}, Level{"yellow", "gul"}, Level{"red", "RØD"},
                             Level{"grey", "ingen grenser"}};

std::string_view in_norwegian(std::string_view level) {
  const auto row = std::ranges::find(kLevels, level, &Level::code);
  return row == kLevels.end() ? level : row->norwegian;
}

}  // namespace

std::string measurement_list(const std::vector<MeasurementLine>& lines) {
  std::string list;
  for (const auto& line : lines)
    list += fmt::format("{}{} – {}: {}{}{} ({})", list.empty() ? "" : "\n", norway::to_reader(line.when), line.what,
                        line.value, line.unit.empty() ? "" : " ", line.unit, in_norwegian(line.level));
  return list;
}

namespace {

/// The measurements and what they are read against.
std::string findings(const GpSummary& summary) {
  std::string text;
  if (!summary.measurements.empty()) text = "Siste målinger hjemme:\n" + measurement_list(summary.measurements);
  if (!summary.limits.empty())
    text.append(text.empty() ? "" : "\n\n").append("Gjeldende grenser:\n").append(summary.limits);
  return text;
}

}  // namespace

Result<fhir::Tree> gp_summary_bundle(const GpSummary& summary) {
  if (summary.status.empty())
    return fail(Fault::required_missing, "A summary must say what is the matter.", "GpSummary.status");
  const bool report = summary.purpose == SummaryPurpose::status_report;
  CareLetter letter{static_cast<const LetterHead&>(summary),
                    summary.title.empty() ? "Statusrapport digital hjemmeoppfølging" : summary.title,
                    {report ? "2" : "3", std::string(norway::code_list::kToPhysician.oid()),
                     report ? "Statusrapport" : "Ønske om legevurdering"},
                    {},
                    {{"PROB", "Aktuell problemstilling", summary.status},
                     {"FU", "Funn og undersøkelsesresultat", findings(summary)},
                     {"VU", "Vurdering", summary.assessment},
                     {"OP", "Planer for videre oppfølging", summary.plan}},
                    summary.diagnoses};
  letter.type = kGpSummaryType;
  return care_letter_bundle(letter);
}

}  // namespace varde::mappings
