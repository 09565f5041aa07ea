// Evaluations per second of compiled FHIRPath on an Observation, beside the same walk written by hand.
// Prints "value floor expression" lines.
#include <chrono>
#include <cstdio>
#include <string_view>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/json/json.h"

namespace {

using varde::fhir::Element;

constexpr std::string_view kObservation = R"({"resourceType":"Observation","id":"b","status":"final",
  "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
  "code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient/b"},
  "effectiveDateTime":"2026-01-01T08:00:00Z",
  "valueQuantity":{"value":96,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})";

template <class Once>
double per_second(Once once) {
  using Clock = std::chrono::steady_clock;
  long count = 0;
  const auto start = Clock::now();
  double seconds = 0;
  while (seconds < 0.5) {
    for (int i = 0; i < 10'000; ++i) count += once();
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return static_cast<double>(count) / seconds;
}

struct Row {
  std::string_view expression;
  bool (*by_hand)(Element);
};

// clang-format off
constexpr Row kRows[] = {
    {"Observation.code",                               [](Element o) { return bool(o["code"]); }},
    {"(Observation.value as Quantity)",                [](Element o) { return bool(o.choice("value")); }},
    {"Observation.category.coding.code",               [](Element o) { return bool(o["category"]["coding"]["code"]); }},
    {"Observation.subject.where(resolve() is Patient)", [](Element o) { return o["subject"]["reference"].value().starts_with("Patient/"); }},
};
// clang-format on

}  // namespace

int main() {
  const auto tree = varde::fhir::parse_json(kObservation);
  if (!tree) return 1;
  const Element root = tree->root();
  const varde::fhirpath::Environment environment;
  for (const Row& row : kRows) {
    const auto compiled = varde::fhirpath::compile(row.expression);
    if (!compiled) return 1;
    const double value = per_second([&] { return evaluate(*compiled, root, environment)->size() == 1; });
    const double floor = per_second([&] { return row.by_hand(root); });
    std::printf("%.0f %.0f %s\n", value, floor, std::string(row.expression).c_str());
  }
}
