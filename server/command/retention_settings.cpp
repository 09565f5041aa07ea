#include "server/command/retention_settings.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "fhir-model/text/trim.h"
#include "server/access/type_group.h"
#include "server/command/config.h"

namespace varde::command {
namespace {

using access::TypeGroup;

constexpr int kDaysInYear = 366, kMostYears = 200;
constexpr std::chrono::days kLeastOfRecord{10 * kDaysInYear}, kLeast{30};

tl::unexpected<Failure> malformed(std::string what) { return fail(Fault::parameter_malformed, std::move(what)); }

/// nullopt: no age.
std::optional<std::chrono::days> age_in(std::string_view text) {
  if (text.size() < 2 || (text.back() != 'y' && text.back() != 'd')) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, number);
  const int unit = text.back() == 'y' ? kDaysInYear : 1;
  if (error != std::errc{} || end != text.data() + text.size() - 1 || number < 1 ||
      number > kMostYears * kDaysInYear / unit)
    return std::nullopt;
  return std::chrono::days{number * unit};
}

/// Whether there may be a rule for it; false: what it holds is about nobody, or must stay.
bool may_go(fhir::TypeId type) {
  const TypeGroup group = access::group_of(type);
  return group != TypeGroup::registers && group != TypeGroup::definitions && group != TypeGroup::audit &&
         group != TypeGroup::technical;
}

Result<RetentionRule> rule_of(std::string_view pair) {
  const std::size_t equals = std::min(pair.find('='), pair.size());
  const std::string name(pair.substr(0, equals));
  RetentionRule rule;
  rule.type = fhir::find_resource_type(name);
  if (equals == pair.size()) return malformed("must be TYPE=AGE, such as Patient=15y Appointment=400d");
  if (rule.type == fhir::TypeId::none) return malformed(fmt::format("R4 has no resource type '{}'", name));
  if (!may_go(rule.type))
    return malformed(fmt::format("{} is always kept: it is no part of a patient's record, or says who did what", name));
  rule.age = pair.substr(equals + 1);
  const auto age = age_in(rule.age);
  if (!age)
    return malformed(fmt::format("{}: '{}' is no age; write years or days, such as 10y or 400d", name, rule.age));
  rule.days = *age;
  rule.of_record = access::group_of(rule.type) != TypeGroup::several;
  if (rule.of_record && rule.days < kLeastOfRecord)
    return malformed(
        fmt::format("{} is of the patient's record, which is kept for at least 10y after its last entry", name));
  if (rule.days < kLeast) return malformed(fmt::format("{}: at least 30d", name));
  return rule;
}

}  // namespace

Result<void> set_retention(Config& config, std::string_view value) {
  std::vector<RetentionRule> rules;
  while (!value.empty()) {
    const std::string_view pair = value.substr(0, value.find(' '));
    value = fhir::text::trimmed(value.substr(pair.size()));
    auto rule = rule_of(pair);
    FHIR_TRY(rule);
    if (std::any_of(rules.begin(), rules.end(), [&](const RetentionRule& one) { return one.type == rule->type; }))
      return malformed(fmt::format("{} stands there twice", fhir::row_of(rule->type).name));
    rules.push_back(std::move(*rule));
  }
  config.retention = std::move(rules);
  return {};
}

std::string show_retention(const Config& config) {
  std::string out;
  for (const RetentionRule& rule : config.retention)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", fhir::row_of(rule.type).name, rule.age);
  return out;
}

}  // namespace varde::command
