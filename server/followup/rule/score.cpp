/// Rule kind `score`: NEWS2 from its parts. A part comes as points, under its own SNOMED CT code, or as what was
/// measured; consciousness and air or oxygen as points. Of SpO2 there are two scales: the code of the points tells
/// which, of a measured value the plan (`scale`; 1 when it does not say: scale 2 is prescribed). A part that is missing
/// is never 0: the score is then not worked out, but is at least the sum of the others. Source: Royal College of
/// Physicians, National Early Warning Score (NEWS) 2, 2017; SNOMED CT as in VKP's NEWS2 profile
#include "server/followup/rule/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "server/followup/rule/rules.h"

namespace varde::followup::rule {

namespace {

constexpr std::string_view kNews2 = "http://snomed.info/sct|1104051000000101";

enum class Of : std::uint8_t { respiration, saturation, oxygen, systolic, pulse, consciousness, temperature };

struct PartRow {
  Of of;
  std::string_view points;    ///< code of the points
  std::string_view measured;  ///< measure that the points can be read off
  int scale;                  ///< of SpO2; 0: there is one
  std::string_view name;
};
// clang-format off
constexpr std::array kParts{
    PartRow{Of::respiration,   "http://snomed.info/sct|1104301000000104", "http://loinc.org|9279-1", 0, "respirasjon"},
    PartRow{Of::saturation,    "http://snomed.info/sct|1104311000000102", "http://loinc.org|2708-6", 1, "SpO2"},
    PartRow{Of::saturation,    "http://snomed.info/sct|1104321000000108", "http://loinc.org|2708-6", 2, "SpO2"},
    PartRow{Of::oxygen,        "http://snomed.info/sct|1104331000000105", "",                        0, "luft eller oksygen"},
    PartRow{Of::systolic,      "http://snomed.info/sct|1104341000000101", "http://loinc.org|8480-6", 0, "systolisk blodtrykk"},
    PartRow{Of::pulse,         "http://snomed.info/sct|1104351000000103", "http://loinc.org|8867-4", 0, "puls"},
    PartRow{Of::consciousness, "http://snomed.info/sct|1104361000000100", "",                        0, "bevissthet"},
    PartRow{Of::temperature,   "http://snomed.info/sct|1104371000000107", "http://loinc.org|8310-5", 0, "temperatur"},
};

/// Points of values up to and including `to`.
struct Step { Of of; int scale; double to; int points; };
constexpr double kAbove = 1e9;
constexpr std::array kSteps{
    Step{Of::respiration, 0, 8, 3},    Step{Of::respiration, 0, 11, 1},   Step{Of::respiration, 0, 20, 0},
    Step{Of::respiration, 0, 24, 2},   Step{Of::respiration, 0, kAbove, 3},
    Step{Of::saturation, 1, 91, 3},    Step{Of::saturation, 1, 93, 2},    Step{Of::saturation, 1, 95, 1},
    Step{Of::saturation, 1, kAbove, 0},
    Step{Of::saturation, 2, 83, 3},    Step{Of::saturation, 2, 85, 2},    Step{Of::saturation, 2, 87, 1},
    Step{Of::saturation, 2, 92, 0},    Step{Of::saturation, 2, 94, 1},    Step{Of::saturation, 2, 96, 2},
    Step{Of::saturation, 2, kAbove, 3},  // above 92 with oxygen; in air 0
    Step{Of::systolic, 0, 90, 3},      Step{Of::systolic, 0, 100, 2},     Step{Of::systolic, 0, 110, 1},
    Step{Of::systolic, 0, 219, 0},     Step{Of::systolic, 0, kAbove, 3},
    Step{Of::pulse, 0, 40, 3},         Step{Of::pulse, 0, 50, 1},         Step{Of::pulse, 0, 90, 0},
    Step{Of::pulse, 0, 110, 1},        Step{Of::pulse, 0, 130, 2},        Step{Of::pulse, 0, kAbove, 3},
    Step{Of::temperature, 0, 35.0, 3}, Step{Of::temperature, 0, 36.0, 1}, Step{Of::temperature, 0, 38.0, 0},
    Step{Of::temperature, 0, 39.0, 1}, Step{Of::temperature, 0, kAbove, 2},
};
// clang-format on
constexpr double kHighestInAir = 92;  ///< SpO2, of scale 2: above it air and oxygen differ

constexpr std::array kParameters{Parameter{"scale", Kind::word, true, "1 2"}};

const Part* find_part(std::span<const Part> parts, std::string_view code) {
  const auto found = std::ranges::find(parts, code, &Part::measure);
  return code.empty() || found == parts.end() ? nullptr : &*found;
}

/// nullopt: what was sent is no number of points.
std::optional<int> as_points(Of of, double value) {
  const bool is_possible = of == Of::oxygen ? value == 0 || value == 2 : value >= 0 && value <= 3;
  if (!is_possible || value != std::floor(value)) return std::nullopt;
  return static_cast<int>(value);
}

int read_off(const PartRow& row, double value) {
  const auto* measure = find_measure(row.measured);
  const double shown = rounded(value, measure ? measure->decimals : 0);
  const auto step = std::ranges::find_if(
      kSteps, [&](const Step& s) { return s.of == row.of && s.scale == row.scale && shown <= s.to; });
  return step->points;
}

std::optional<int> points_of(const PartRow& row, std::span<const Part> parts, std::optional<int> oxygen) {
  if (const auto* points = find_part(parts, row.points)) return as_points(row.of, points->value);
  const auto* measured = find_part(parts, row.measured);
  if (!measured) return std::nullopt;
  if (row.scale == 2 && measured->value > kHighestInAir) {
    if (!oxygen) return std::nullopt;
    if (*oxygen == 0) return 0;
  }
  return read_off(row, measured->value);
}

/// The scale that is prescribed; else the one whose points were sent; else the first.
int scale_of(const Settings& settings, std::span<const Part> parts) {
  if (settings.has("scale")) return settings.text("scale") == "2" ? 2 : 1;
  bool sent[3] = {};
  for (const auto& row : kParts) sent[row.scale] |= row.scale > 0 && find_part(parts, row.points) != nullptr;
  return sent[2] && !sent[1] ? 2 : 1;
}

std::vector<Finding> judge(const Plan& plan, const Window& window, const Moment&) {
  const int scale = scale_of(plan.settings, window.parts);
  const auto oxygen_row = std::ranges::find(kParts, Of::oxygen, &PartRow::of);
  const auto oxygen = points_of(*oxygen_row, window.parts, {});
  int sum = 0, highest = 0;
  std::string counted, missing;
  for (const auto& row : kParts) {
    if (row.scale != 0 && row.scale != scale) continue;
    const auto name = row.scale == 0 ? std::string(row.name) : fmt::format("{} (skala {})", row.name, scale);
    const auto points = points_of(row, window.parts, oxygen);
    if (!points) {
      missing += (missing.empty() ? "" : ", ") + name;
      continue;
    }
    sum += *points, highest = std::max(highest, *points);
    counted += fmt::format("{}{} {}", counted.empty() ? "" : ", ", name, *points);
  }
  Finding finding{.zone = highest == 3 ? Zone::yellow : Zone::green, .rule = kScore.code, .value = sum};
  finding.text = fmt::format("{} {}{} ({})", plan.name, missing.empty() ? "" : "minst ", sum, counted);
  if (highest == 3) finding.text += ", én del alene gir 3 poeng";
  if (missing.empty()) return {std::move(finding)};
  finding.doubt = Doubt::part_missing;
  finding.text += fmt::format(", kan ikke regnes ut: mangler {}", missing);
  return {std::move(finding)};
}

}  // namespace

bool is_score(std::string_view measure) { return measure == kNews2; }
bool is_points(std::string_view measure) { return std::ranges::count(kParts, measure, &PartRow::points) > 0; }

const Rule kScore{"score", "score/1", When::parts, kParameters, nullptr, nullptr, judge};

}  // namespace varde::followup::rule
