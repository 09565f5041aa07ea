#include "server/followup/asked.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/view/service_request.h"
#include "server/followup/codes.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/rule/score.h"
#include "server/followup/table.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

using rule::Kind;

constexpr double kLongest = 400 * 24 * 3600.0;  ///< seconds: a year and some days
constexpr double kMostCounted = 100;

struct KindRow {
  Kind kind;
  std::string_view value, english, norwegian;
};
// clang-format off
constexpr std::array kKinds{
    KindRow{Kind::zone,     "valueCode",        "the code yellow or red",                                         "koden yellow eller red"},
    KindRow{Kind::word,     "valueCode",        "one of the codes",                                               "en av kodene"},
    KindRow{Kind::count,    "valuePositiveInt", "a valuePositiveInt of at most 100",                              "et valuePositiveInt på høyst 100"},
    KindRow{Kind::duration, "valueDuration",    "a valueDuration in min, h, d or wk, of at most 400 days",        "en valueDuration i min, h, d eller wk, på høyst 400 dager"},
    KindRow{Kind::amount,   "valueQuantity",    "a valueQuantity with a value and the UCUM code of a unit of the measure", "en valueQuantity med verdi og UCUM-kode for en enhet som målingen har"},
    KindRow{Kind::percent,  "valueDecimal",     "a valueDecimal between -100 and 1000",                           "et valueDecimal mellom -100 og 1000"},
};
// clang-format on
const KindRow& row_of(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

Failure mistake(Fault fault, std::string_view english, std::string_view norwegian, fhir::Element place) {
  return {fault, fmt::format("{} ({})", norwegian, english), place.path()};
}

bool is_one_of(std::string_view words, std::string_view word) {
  return std::ranges::count(split(words, ' '), word) > 0;
}

/// The literal that is kept, when `value` is what the parameter may be; nullopt: it is not.
std::optional<std::string> literal_of(const rule::Parameter& parameter, fhir::Element value, const LimitSet& limits,
                                      const Measure* measure) {
  if (value.name() != row_of(parameter.kind).value) return std::nullopt;
  const std::string text(value.has_value() ? value.value() : value["value"].value());
  if (parameter.kind == Kind::zone) return text == "yellow" || text == "red" ? std::optional(text) : std::nullopt;
  if (parameter.kind == Kind::word) return is_one_of(parameter.words, text) ? std::optional(text) : std::nullopt;
  const auto number = number_of(text);
  if (!number || value["comparator"]) return std::nullopt;
  if (parameter.kind == Kind::count) return *number <= kMostCounted ? std::optional(text) : std::nullopt;
  if (parameter.kind == Kind::percent) return *number >= -100 && *number <= 1000 ? std::optional(text) : std::nullopt;
  if (parameter.kind == Kind::duration) {
    const auto unit = value["code"].value();
    const auto seconds = in_unit(*number, unit, "s");
    if (!seconds || !is_one_of("min h d wk", unit) || *seconds < 1 || *seconds > kLongest) return std::nullopt;
    return number_text(rounded(*seconds, 0));
  }
  if (unit_of(value).empty()) return std::nullopt;
  if (unit_of(value) == limits.unit) return text;
  // A difference: what is 1.8 °F more is 1 °C more.
  const auto change = in_unit(*number, unit_of(value), limits.unit, measure);
  const auto nothing = in_unit(0, unit_of(value), limits.unit, measure);
  return change && nothing ? std::optional(number_text(rounded(*change - *nothing, 9))) : std::nullopt;
}

std::string names_of(const rule::Rule& kind) {
  std::string names;
  for (const auto& parameter : kind.parameters) names.append(names.empty() ? "" : ", ").append(parameter.name);
  return names;
}

bool may_be_asked(const rule::Rule* kind) {
  return kind && (kind->when == rule::When::planned || kind->when == rule::When::parts);
}

std::string planned_kinds() {
  std::string kinds;
  for (const auto* each : rule::all())
    if (may_be_asked(each)) kinds.append(kinds.empty() ? "" : ", ").append(each->code);
  return kinds;
}

Result<const rule::Rule*> kind_of(view::Extension extension) {
  const auto part = extension.extension("kind");
  const auto* kind = rule::find(part.value().code().text());
  if (may_be_asked(kind)) return kind;
  return tl::unexpected(
      mistake(Fault::business_rule, fmt::format("a rule's kind is one of the codes {}", planned_kinds()),
              fmt::format("regelens kind er en av kodene {}", planned_kinds()), (part ? part : extension).element()));
}

/// What a newer sender means by another part would change what the rule says: refused, not ignored.
Result<void> require_known_parts(view::Extension extension, const rule::Rule& kind) {
  std::vector<std::string_view> seen;
  for (const auto part : extension.extension()) {
    const std::string_view name = part.url();
    const bool is_known =
        name == "kind" || name == "component" || std::ranges::count(kind.parameters, name, &rule::Parameter::name) > 0;
    if (!is_known)
      return tl::unexpected(
          mistake(Fault::business_rule,
                  fmt::format("a rule {} holds kind, component, {}, nothing else", kind.code, names_of(kind)),
                  fmt::format("regelen {} har kind, component, {} og ikke noe annet", kind.code, names_of(kind)),
                  part.element()));
    if (std::ranges::count(seen, name) > 0)
      return tl::unexpected(mistake(Fault::business_rule, fmt::format("{} is said twice", name),
                                    fmt::format("{} er oppgitt to ganger", name), part.element()));
    seen.push_back(name);
  }
  return {};
}

Result<MeasureLimits*> limits_for(view::Extension extension, view::CodeableConcept planned,
                                  std::vector<MeasureLimits>& limits) {
  const auto component = extension.extension("component");
  const auto measure = measure_key(component ? component.value().codeable_concept() : planned);
  const auto found = std::ranges::find(limits, measure, &MeasureLimits::measure);
  if (found != limits.end()) return &*found;
  return tl::unexpected(mistake(
      Fault::business_rule,
      "a rule adds to the limits of its measure: give the limits here too, and of a panel say which component "
      "the rule is for",
      "en regel kommer i tillegg til grensene for målingen: oppgi grensene her også, og for en måling med flere "
      "verdier hvilken component regelen gjelder",
      (component ? component : extension).element()));
}

Result<rule::Settings> settings_of(view::Extension extension, const rule::Rule& kind, const MeasureLimits& limits) {
  rule::Settings settings;
  for (const auto& parameter : kind.parameters) {
    const auto part = extension.extension(parameter.name);
    if (!part && !parameter.required) continue;
    if (!part)
      return tl::unexpected(
          mistake(Fault::required_missing, fmt::format("a rule {} needs {}", kind.code, parameter.name),
                  fmt::format("regelen {} må ha {}", kind.code, parameter.name), extension.element()));
    auto literal = literal_of(parameter, part.element().choice("value"), limits.limits, find_measure(limits.measure));
    const auto& row = row_of(parameter.kind);
    if (!literal)
      return tl::unexpected(mistake(
          Fault::business_rule,
          fmt::format("{} is {}{}{}", parameter.name, row.english, parameter.words.empty() ? "" : " ", parameter.words),
          fmt::format("{} er {}{}{}", parameter.name, row.norwegian, parameter.words.empty() ? "" : " ",
                      parameter.words),
          part.element()));
    settings.set(parameter.name, std::move(*literal));
  }
  return settings;
}

}  // namespace

Result<void> read_rules(fhir::Element service_request, std::vector<MeasureLimits>& limits) {
  const auto planned = view::ServiceRequest::of(service_request);
  for (const auto extension : planned.extension()) {
    if (extension.url() != codes::kRule) continue;
    const auto kind = kind_of(extension);
    FHIR_TRY(kind);
    FHIR_TRY(require_known_parts(extension, **kind));
    const auto of = limits_for(extension, planned.code(), limits);
    FHIR_TRY(of);
    if ((*kind)->when == rule::When::parts && !rule::is_score((*of)->measure))
      return tl::unexpected(mistake(Fault::business_rule, fmt::format("a rule {} is for a score", (*kind)->code),
                                    fmt::format("regelen {} gjelder en skår", (*kind)->code), extension.element()));
    auto settings = settings_of(extension, **kind, **of);
    FHIR_TRY(settings);
    if (const auto wrong = (*kind)->mistake ? (*kind)->mistake(*settings, (*of)->limits) : std::string();
        !wrong.empty())
      return fail(Fault::business_rule, wrong, extension.element().path());
    (*of)->rules.push_back({*kind, std::move(*settings)});
  }
  return {};
}

std::string to_text(const Asked& asked) {
  std::string text = fmt::format("{}:", asked.rule->code);
  for (const auto& [name, value] : asked.settings.values())
    text += fmt::format("{}{}={}", text.back() == ':' ? "" : ",", name, value);
  return text;
}

Asked asked_from_text(std::string_view text) {
  const auto colon = std::min(text.find(':'), text.size());
  Asked asked{rule::find(text.substr(0, colon)), {}};
  if (!asked.rule || colon == text.size()) throw Damaged("a stored rule is of no kind");
  for (const auto pair : split(text.substr(colon + 1), ',')) {
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = pair.substr(0, equals), value = pair.substr(std::min(equals + 1, pair.size()));
    const auto parameter = std::ranges::find(asked.rule->parameters, name, &rule::Parameter::name);
    if (parameter == asked.rule->parameters.end()) throw Damaged("a stored rule has a setting of no name");
    const bool is_word = parameter->kind == Kind::zone   ? zone_of(value).has_value()
                         : parameter->kind == Kind::word ? is_one_of(parameter->words, value)
                                                         : number_of(value).has_value();
    if (!is_word) throw Damaged("a setting of a stored rule is damaged");
    asked.settings.set(name, std::string(value));
  }
  for (const auto& parameter : asked.rule->parameters)
    if (parameter.required && !asked.settings.has(parameter.name)) throw Damaged("a stored rule lacks a setting");
  return asked;
}

}  // namespace varde::followup
