#include "server/operation/benefit_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "fhir-model/json/json.h"
#include "server/operation/csv.h"
#include "server/operation/xlsx.h"

namespace varde::operation {
namespace {

using followup::Benefit;
using followup::BenefitNumbers;
using followup::ReadingCounts;

using Count = std::optional<std::int64_t>;  ///< none: whoever asks may not be told

template <std::int64_t BenefitNumbers::*number>
Count count(const BenefitNumbers& numbers) {
  return numbers.*number;
}
template <std::int64_t ReadingCounts::*number>
Count read(const BenefitNumbers& numbers) {
  return numbers.read ? Count((*numbers.read).*number) : std::nullopt;
}

struct Column {
  std::string_view name, norwegian;
  Count (*of)(const BenefitNumbers&);
};
// clang-format off
constexpr std::array kColumns{
    Column{"days",           "Dager",               count<&BenefitNumbers::days>},
    Column{"admissions",     "Innleggelser",        count<&BenefitNumbers::admissions>},
    Column{"admission-days", "Liggedøgn",           count<&BenefitNumbers::admission_days>},
    Column{"home-visits",    "Hjemmebesøk",         count<&BenefitNumbers::home_visits>},
    Column{"home-minutes",   "Minutter hjemmebesøk", count<&BenefitNumbers::home_minutes>},
    Column{"readings",       "Målinger",            read<&ReadingCounts::readings>},
    Column{"green",          "Grønne",              read<&ReadingCounts::green>},
    Column{"yellow",         "Gule",                read<&ReadingCounts::yellow>},
    Column{"red",            "Røde",                read<&ReadingCounts::red>},
    Column{"not-measured",   "Ikke målt",           count<&BenefitNumbers::not_measured>},
    Column{"alerts-closed",  "Lukkede varsler",     count<&BenefitNumbers::alerts_closed>},
};
// clang-format on
using Counts = std::array<Count, kColumns.size()>;

Counts counts_of(const BenefitNumbers& numbers) {
  Counts counts;
  std::ranges::transform(kColumns, counts.begin(), [&](const Column& column) { return column.of(numbers); });
  return counts;
}

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
    if (const auto number = column.of(numbers))
      add_part(part, "part", column.name).set("valueInteger", std::to_string(*number));
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

template <class Number>
Cell number_or_nothing(const std::optional<Number>& number) {
  return number ? Cell(std::int64_t{*number}) : Cell();
}

void add_numbers(std::vector<Cell>& row, const Counts& counts) {
  for (const Count& one : counts) row.push_back(number_or_nothing(one));
}

Sheet by_patient(const std::vector<Benefit>& all) {
  Sheet sheet{"Pasienter", {heading({"Pasient", "Distrikt", "Start", "Status", "Periode"})}};
  sheet.rows.front().emplace_back(std::string("Minutter til lukking (median)"));
  for (const auto& question : followup::kBenefitQuestions)
    sheet.rows.front().emplace_back(std::string(question.norwegian) + " (1–5)");
  for (const auto& one : all)
    for (std::size_t i = 0; i < one.periods.size(); ++i) {
      std::vector<Cell> row{one.patient_id, one.district, one.start, one.stage, std::string(kPeriods.at(i))};
      add_numbers(row, counts_of(one.periods.at(i)));
      const auto& numbers = one.periods.at(i);
      row.push_back(number_or_nothing(numbers.minutes_to_close));
      for (const auto& answer : numbers.answers) row.push_back(number_or_nothing(answer));
      sheet.rows.push_back(std::move(row));
    }
  return sheet;
}

/// The sum of what may be told of some is none.
void add_up(Counts& sum, const Counts& more, bool is_first) {
  for (std::size_t i = 0; i < sum.size(); ++i)
    if (is_first)
      sum.at(i) = more.at(i);
    else
      sum.at(i) = sum.at(i) && more.at(i) ? Count(*sum.at(i) + *more.at(i)) : std::nullopt;
}

Sheet by_district(const std::vector<Benefit>& all) {
  struct Sum {
    std::int64_t patients = 0;
    std::array<Counts, followup::kBenefitPeriods.size()> periods;
  };
  std::map<std::string, Sum> sums;
  for (const auto& one : all) {
    auto& sum = sums[one.district];
    const bool is_first = sum.patients++ == 0;
    for (std::size_t i = 0; i < one.periods.size(); ++i)
      add_up(sum.periods.at(i), counts_of(one.periods.at(i)), is_first);
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
  const auto cell = [](const auto& number) { return number ? fmt::format(",{}", *number) : std::string(","); };
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
      for (const auto& column : kColumns) out += cell(column.of(numbers));
      out += cell(numbers.minutes_to_close);
      for (const auto& answer : numbers.answers) out += cell(answer);
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
