#include "server/operation/benefit_table.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <map>

#include "fhir-model/json/json.h"
#include "server/operation/csv.h"
#include "server/operation/xlsx.h"

namespace varde::operation {
namespace {

using followup::Benefit;
using followup::BenefitNumbers;

struct Column {
  std::string_view name, norwegian;
  std::int64_t BenefitNumbers::*number;
};
// clang-format off
constexpr std::array kColumns{
    Column{"days",           "Dager",               &BenefitNumbers::days},
    Column{"admissions",     "Innleggelser",        &BenefitNumbers::admissions},
    Column{"admission-days", "Liggedøgn",           &BenefitNumbers::admission_days},
    Column{"home-visits",    "Hjemmebesøk",         &BenefitNumbers::home_visits},
    Column{"home-minutes",   "Minutter hjemmebesøk", &BenefitNumbers::home_minutes},
    Column{"readings",       "Målinger",            &BenefitNumbers::readings},
    Column{"green",          "Grønne",              &BenefitNumbers::green},
    Column{"yellow",         "Gule",                &BenefitNumbers::yellow},
    Column{"red",            "Røde",                &BenefitNumbers::red},
    Column{"not-measured",   "Ikke målt",           &BenefitNumbers::not_measured},
    Column{"alerts-closed",  "Lukkede varsler",     &BenefitNumbers::alerts_closed},
};
// clang-format on
constexpr std::string_view kMedian = "minutes-to-close";  // empty where nothing was closed
constexpr std::array<std::string_view, followup::kBenefitPeriods.size()> kPeriods{"12 måneder før", "0–3 måneder",
                                                                                  "3–6 måneder", "6–12 måneder"};

/// Of the answers to the form: "prom-safety".
std::string answer_name(const followup::BenefitQuestion& question) { return "prom-" + std::string(question.code); }

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
  for (std::size_t i = 0; i < numbers.answers.size(); ++i)
    if (const auto answer = numbers.answers.at(i))
      add_part(part, "part", answer_name(followup::kBenefitQuestions.at(i)))
          .set("valueInteger", std::to_string(*answer));
}

std::vector<Cell> heading(std::initializer_list<std::string_view> first) {
  std::vector<Cell> cells;
  for (const auto text : first) cells.emplace_back(std::string(text));
  for (const auto& column : kColumns) cells.emplace_back(std::string(column.norwegian));
  return cells;
}

void add_numbers(std::vector<Cell>& row, const BenefitNumbers& numbers) {
  for (const auto& column : kColumns) row.emplace_back(numbers.*column.number);
}

template <class Number>
Cell number_or_nothing(const std::optional<Number>& number) {
  return number ? Cell(std::int64_t{*number}) : Cell();
}

Sheet by_patient(const std::vector<Benefit>& all) {
  Sheet sheet{"Pasienter", {heading({"Pasient", "Distrikt", "Start", "Status", "Periode"})}};
  sheet.rows.front().emplace_back(std::string("Minutter til lukking (median)"));
  for (const auto& question : followup::kBenefitQuestions)
    sheet.rows.front().emplace_back(std::string(question.norwegian) + " (1–5)");
  for (const auto& one : all)
    for (std::size_t i = 0; i < one.periods.size(); ++i) {
      std::vector<Cell> row{one.patient_id, one.district, one.start, one.stage, std::string(kPeriods.at(i))};
      add_numbers(row, one.periods.at(i));
      const auto& numbers = one.periods.at(i);
      row.push_back(number_or_nothing(numbers.minutes_to_close));
      for (const auto& answer : numbers.answers) row.push_back(number_or_nothing(answer));
      sheet.rows.push_back(std::move(row));
    }
  return sheet;
}

Sheet by_district(const std::vector<Benefit>& all) {
  struct Sum {
    std::int64_t patients = 0;
    std::array<BenefitNumbers, followup::kBenefitPeriods.size()> periods;
  };
  std::map<std::string, Sum> sums;
  for (const auto& one : all) {
    auto& sum = sums[one.district];
    ++sum.patients;
    for (std::size_t i = 0; i < one.periods.size(); ++i)
      for (const auto& column : kColumns) sum.periods.at(i).*column.number += one.periods.at(i).*column.number;
  }
  Sheet sheet{"Distrikter", {heading({"Distrikt", "Pasienter", "Periode"})}};
  for (const auto& [district, sum] : sums)
    for (std::size_t i = 0; i < sum.periods.size(); ++i) {
      std::vector<Cell> row{district.empty() ? std::string("uten distrikt") : district, sum.patients,
                            std::string(kPeriods.at(i))};
      add_numbers(row, sum.periods.at(i));
      sheet.rows.push_back(std::move(row));
    }
  return sheet;
}

}  // namespace

std::string benefit_csv(const std::vector<Benefit>& all) {
  std::string out = "patient,district,start,stage,period";
  for (const auto& column : kColumns) out.append(",").append(column.name);
  out.append(",").append(kMedian);
  for (const auto& question : followup::kBenefitQuestions) out.append(",").append(answer_name(question));
  out.append("\r\n");
  for (const auto& one : all)
    for (std::size_t i = 0; i < one.periods.size(); ++i) {
      const auto& numbers = one.periods.at(i);
      out += fmt::format("{},{},{},{},{}", csv_field(one.patient_id), csv_field(one.district), one.start, one.stage,
                         followup::kBenefitPeriods.at(i).code);
      for (const auto& column : kColumns) fmt::format_to(std::back_inserter(out), ",{}", numbers.*column.number);
      out += numbers.minutes_to_close ? fmt::format(",{}", *numbers.minutes_to_close) : std::string(",");
      for (const auto& answer : numbers.answers) out += answer ? fmt::format(",{}", *answer) : std::string(",");
      out += "\r\n";
    }
  return out;
}

std::string benefit_json(const std::vector<Benefit>& all) {
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

std::string benefit_xlsx(const std::vector<Benefit>& all) { return to_xlsx({by_patient(all), by_district(all)}); }

}  // namespace varde::operation
