#include "server/followup/rule/limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "server/followup/measure.h"
#include "server/followup/rule/rules.h"

namespace varde::followup {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
double low_of(const ZoneRange& range) { return range.low ? range.low->value : -kInfinity; }
double high_of(const ZoneRange& range) { return range.high ? range.high->value : kInfinity; }

std::string shown(const ZoneRange& range, std::string_view unit) {
  return fmt::format("{} [{}, {}) {}", code(range.zone), range.low ? range.low->literal : "-",
                     range.high ? range.high->literal : "-", unit);
}

std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

std::optional<Bound> bound_from(std::string_view literal) {
  if (literal == "-") return std::nullopt;
  const auto value = number_of(literal);
  if (!value) throw Damaged("a stored limit is not a number");
  return Bound{std::string(literal), *value};
}

}  // namespace

Result<LimitSet> checked(LimitSet limits) {
  auto& ranges = limits.ranges;
  if (limits.unit.find(';') != std::string::npos)
    return fail(
        Fault::business_rule,
        "Enheten er en UCUM-kode, som ikke har semikolon (a limit's unit is a UCUM code, which holds no semicolon)");
  for (const auto& range : ranges) {
    if (low_of(range) >= high_of(range))
      return fail(Fault::business_rule,
                  fmt::format("Området {0} er tomt: low er under high (the range {0} is empty: low must be below high)",
                              shown(range, limits.unit)));
  }
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return low_of(a) < low_of(b); });
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    const auto &before = ranges[i - 1], &next = ranges[i];
    if (high_of(before) == low_of(next)) continue;
    return fail(
        Fault::business_rule,
        fmt::format(
            "Områdene {0} og {1} {2}: det ene begynner der det andre slutter (the ranges {0} and {1} {3}: one must "
            "begin where the other ends; low is included, high is not)",
            shown(before, limits.unit), shown(next, limits.unit),
            high_of(before) > low_of(next) ? "overlapper" : "har et hull mellom seg",
            high_of(before) > low_of(next) ? "overlap" : "leave a gap"));
  }
  const auto greens = std::count_if(ranges.begin(), ranges.end(), [](const auto& r) { return r.zone == Zone::green; });
  if (greens != 1)
    return fail(Fault::business_rule,
                greens == 0 ? "Grensene sier ikke hva som er grønt: oppgi det som er vanlig for "
                              "pasienten (the limits do not say what is green: give the range "
                              "that is the patient's usual state)"
                            : "Grensene har flere enn ett grønt område (the limits have more than one green range)");
  return limits;
}

Result<void> check_order(const LimitSet& limits) {
  const auto& ranges = limits.ranges;
  const auto green = std::ranges::find(ranges, Zone::green, &ZoneRange::zone);
  const auto compare = [&](const ZoneRange& inner, const ZoneRange& outer) -> Result<void> {
    if (outer.zone >= inner.zone) return {};
    return fail(
        Fault::business_rule,
        fmt::format("Området {0} ligger lenger fra det grønne enn {1}, og kan ikke ha en bedre farge (the range "
                    "{0} lies further from the green than {1}, so its colour is not the better one)",
                    shown(outer, limits.unit), shown(inner, limits.unit)),
        "ServiceRequest.extension");
  };
  for (auto inner = green; inner != ranges.end() && inner + 1 != ranges.end(); ++inner)
    FHIR_TRY(compare(*inner, *(inner + 1)));
  for (auto inner = green; inner != ranges.end() && inner != ranges.begin(); --inner)
    FHIR_TRY(compare(*inner, *(inner - 1)));
  return {};
}

Finding evaluate(const LimitSet& limits, double value) {
  const auto& ranges = limits.ranges;
  const auto green = std::find_if(ranges.begin(), ranges.end(), [](const auto& r) { return r.zone == Zone::green; });
  if (green == ranges.end()) return {};
  auto found = std::find_if(ranges.begin(), ranges.end(),
                            [&](const auto& range) { return value >= low_of(range) && value < high_of(range); });
  if (found == ranges.end() && value == high_of(ranges.back())) found = ranges.end() - 1;
  if (found == green) return {Zone::green, Side::inside, {}};
  if (found == ranges.end())
    return value < low_of(ranges.front()) ? Finding{Zone::red, Side::below, ranges.front().low}
                                          : Finding{Zone::red, Side::above, ranges.back().high};
  if (found < green) return {found->zone, Side::below, found->high};
  return {found->zone, Side::above, found->low};
}

std::string to_text(const LimitSet& limits) {
  std::string text = limits.unit;
  for (const auto& range : limits.ranges)
    text += fmt::format(";{}:{}:{}", letter(range.zone), range.low ? range.low->literal : "-",
                        range.high ? range.high->literal : "-");
  return text;
}

LimitSet from_text(std::string_view text) {
  LimitSet limits{std::string(cut(text, ';')), {}};
  while (!text.empty()) {
    auto part = cut(text, ';');
    const auto name = cut(part, ':');
    const auto zone = name.size() == 1 ? zone_of(name.front()) : std::nullopt;
    if (!zone) throw Damaged("a stored limit has no zone");
    auto low = bound_from(cut(part, ':'));
    limits.ranges.push_back({*zone, std::move(low), bound_from(part)});
  }
  if (limits.ranges.empty()) throw Damaged("stored limits have no ranges");
  return limits;
}

namespace rule {

namespace {

std::vector<Finding> judge(const Plan& plan, const Window& window, const Moment&) {
  auto found = followup::evaluate(plan.limits, window.judged().value);
  found.rule = kLimit.code;
  return {std::move(found)};
}

}  // namespace

const Rule kLimit{"limit", "limit/1", When::limits, {}, nullptr, nullptr, judge};

}  // namespace rule

}  // namespace varde::followup
