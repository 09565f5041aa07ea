/// EpisodeOfCare/$benefit-report: what the follow-up gave, a row per patient and period (CSV, or Parameters).
/// See server/followup/README.md, "Benefits".
#include <fmt/format.h>

#include <array>
#include <iterator>

#include "fhir-model/json/json.h"
#include "server/followup/report/benefit.h"
#include "server/operation/csv.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/storage/followup.h"
#include "server/storage/patients.h"

namespace varde::operation {
namespace {

using followup::Benefit;
using followup::BenefitNumbers;

const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
constexpr std::size_t kMostPatients = 2000, kAtOnce = 200;

struct Column {
  std::string_view name;
  std::int64_t BenefitNumbers::*number;
};
// clang-format off
constexpr std::array kColumns{
    Column{"days",           &BenefitNumbers::days},
    Column{"admissions",     &BenefitNumbers::admissions},
    Column{"admission-days", &BenefitNumbers::admission_days},
    Column{"home-visits",    &BenefitNumbers::home_visits},
    Column{"home-minutes",   &BenefitNumbers::home_minutes},
    Column{"readings",       &BenefitNumbers::readings},
    Column{"green",          &BenefitNumbers::green},
    Column{"yellow",         &BenefitNumbers::yellow},
    Column{"red",            &BenefitNumbers::red},
    Column{"not-measured",   &BenefitNumbers::not_measured},
    Column{"alerts-closed",  &BenefitNumbers::alerts_closed},
};
// clang-format on
constexpr std::string_view kMedian = "minutes-to-close";  // empty where nothing was closed

std::string as_csv(const std::vector<Benefit>& all) {
  std::string out = "patient,district,start,stage,period";
  for (const auto& column : kColumns) out.append(",").append(column.name);
  out.append(",").append(kMedian).append("\r\n");
  for (const auto& one : all)
    for (std::size_t i = 0; i < one.periods.size(); ++i) {
      const auto& numbers = one.periods.at(i);
      out += fmt::format("{},{},{},{},{}", csv_field(one.patient_id), csv_field(one.district), one.start, one.stage,
                         followup::kBenefitPeriods.at(i).code);
      for (const auto& column : kColumns) fmt::format_to(std::back_inserter(out), ",{}", numbers.*column.number);
      out += numbers.minutes_to_close ? fmt::format(",{}\r\n", *numbers.minutes_to_close) : std::string(",\r\n");
    }
  return out;
}

fhir::Editor add_part(fhir::Editor parent, std::string_view list, std::string_view name) {
  auto part = parent.add(list);
  part.set("name", name);
  return part;
}

void add_period(fhir::Editor row, std::string_view period, const BenefitNumbers& numbers) {
  auto part = add_part(row, "part", period);
  for (const auto& column : kColumns)
    add_part(part, "part", column.name).set("valueInteger", std::to_string(numbers.*column.number));
  if (numbers.minutes_to_close)
    add_part(part, "part", kMedian).set("valueInteger", std::to_string(*numbers.minutes_to_close));
}

std::string as_json(const std::vector<Benefit>& all) {
  auto tree = fhir::Tree::of("Parameters");
  for (const auto& one : all) {
    auto row = add_part(tree.edit(), "parameter", "row");
    add_part(row, "part", "patient").add("valueReference").set("reference", "Patient/" + one.patient_id);
    if (!one.district.empty()) add_part(row, "part", "district").set("valueString", one.district);
    add_part(row, "part", "start").set("valueDate", one.start);
    add_part(row, "part", "stage").set("valueCode", one.stage);
    for (std::size_t i = 0; i < one.periods.size(); ++i)
      add_period(row, followup::kBenefitPeriods.at(i).code, one.periods.at(i));
  }
  return fhir::to_json(tree.root());
}

struct Gathered {
  const View& view;
  std::string district;
  std::vector<Benefit> all = {};

  Result<void> add(storage::PatientKey patient) {
    if (!view.sight().admits(kEpisodeOfCare, patient)) return {};
    auto benefit = followup::benefit_of(view, patient);
    if (!benefit || (!district.empty() && benefit->district != district)) return {};
    if (all.size() == kMostPatients)
      return fail(Fault::too_costly,
                  fmt::format("Flere enn {0} pasienter: velg et distrikt (more than {0} patients: ask by organization)",
                              kMostPatients),
                  "organization");
    all.push_back(std::move(*benefit));
    return {};
  }
};

}  // namespace

Result<Response> benefit_report(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"patient", "patient.identifier", "organization"});
  FHIR_TRY(input);
  Gathered gathered{view, input->one("organization").value_or("")};
  if (!input->all("patient").empty() || !input->all("patient.identifier").empty()) {
    const auto subjects = subjects_of(*input, view);
    FHIR_TRY(subjects);
    for (const auto& subject : *subjects)
      if (subject.key != storage::PatientKey::none)
        FHIR_TRY(gathered.add(storage::patients::survivor(view, subject.key)));
  } else {
    auto after = storage::PatientKey::none;
    for (bool more = true; more && view.budget().spend();) {
      const auto some = storage::enrolment::patients(view, after, kAtOnce);
      for (const auto patient : some) FHIR_TRY(gathered.add(patient));
      more = some.size() == kAtOnce;
      if (more) after = some.back();
    }
  }
  FHIR_TRY(view.budget().within());
  Response response;
  response.body = request.media.empty() ? as_json(gathered.all) : as_csv(gathered.all);
  if (!request.media.empty()) response.content_type = "text/csv; charset=utf-8";
  return response;
}

}  // namespace varde::operation
