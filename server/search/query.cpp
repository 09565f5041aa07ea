#include "server/search/query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "server/search/criteria.h"
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::TypeId;

Result<void> take_sort(std::string_view text, Query& query) {
  const TypeParameters& parameters = parameters_of(query.type);
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view one = text.substr(0, comma);
    const bool descending = one.starts_with('-');
    if (descending) one.remove_prefix(1);
    const Parameter* parameter = parameters.find(one);
    if (!parameter || kind_of(*parameter).order == Order::none)
      return fail(
          Fault::parameter_malformed,
          "_sort takes these parameters, a minus before one for descending (references and composites excepted): " +
              parameters.codes() + ".",
          "_sort");
    // A key that comes again orders nothing that its first time has not.
    if (std::ranges::find(query.sort, parameter, &SortKey::parameter) == query.sort.end())
      query.sort.push_back({parameter, descending});
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

Result<void> take_count(std::string_view text, Query& query, const Asking& asking) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(Fault::parameter_malformed, "_count is a whole number, 0 or more.", "_count");
  query.count = std::min(count, asking.longest_page);
  query.count_only = query.count_only || count == 0;
  return {};
}

Result<void> take_total(std::string_view text, Query& query, const Asking&) {
  if (text != "none" && text != "accurate" && text != "estimate")
    return fail(Fault::parameter_malformed, "_total is none, estimate or accurate.", "_total");
  query.total = text != "none";  // an exact number is also an estimate
  return {};
}

Result<void> take_summary(std::string_view text, Query& query, const Asking&) {
  if (text != "count") return take_summary(text, query.subset);
  query.count_only = true;
  return {};
}

/// "Observation:subject", "Observation:subject:Patient"
Result<void> take_include(std::string_view text, Query& query, bool reverse) {
  const char* const name = reverse ? "_revinclude" : "_include";
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  Include include{fhir::find_resource_type(text.substr(0, first)), nullptr, TypeId::none, reverse};
  if (first != std::string_view::npos && include.source != TypeId::none) {
    const std::string_view code =
        text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
    include.parameter = parameters_of(include.source).find(code);
  }
  if (second != std::string_view::npos) include.target = fhir::find_resource_type(text.substr(second + 1));
  const bool target_wrong = second != std::string_view::npos && include.target == TypeId::none;
  if (!include.parameter || include.parameter->kind != fhir::SearchKind::reference || target_wrong ||
      (!reverse && include.source != query.type))
    return fail(Fault::parameter_malformed,
                std::string(name) + " is [type]:[reference parameter] or [type]:[reference parameter]:[target type]" +
                    (reverse ? "." : ", with the type that is searched."),
                name);
  if (include.target == TypeId::none) include.target = include.parameter->only;
  if (std::ranges::find(query.includes, include) == query.includes.end()) query.includes.push_back(include);
  return {};
}

struct ControlRow {
  std::string_view name;
  Result<void> (*take)(std::string_view text, Query& query, const Asking& asking);
};
// clang-format off
constexpr std::array kControls{
    ControlRow{"_count",      take_count},
    ControlRow{"_elements",   [](std::string_view text, Query& query, const Asking&) { return take_elements(query.type, text, query.subset); }},
    ControlRow{"_format",     [](std::string_view, Query&, const Asking&) -> Result<void> { return {}; }},   // the rim's
    ControlRow{"_include",    [](std::string_view text, Query& query, const Asking&) { return take_include(text, query, false); }},
    ControlRow{"_pretty",     [](std::string_view, Query&, const Asking&) -> Result<void> { return {}; }},   // the rim's
    ControlRow{"_revinclude", [](std::string_view text, Query& query, const Asking&) { return take_include(text, query, true); }},
    ControlRow{"_sort",       [](std::string_view text, Query& query, const Asking&) { return take_sort(text, query); }},
    ControlRow{"_summary",    take_summary},
    ControlRow{"_total",      take_total},
};
// clang-format on

Criterion compartment_criterion(TypeId type, std::string_view patient) {
  static const TypeId kPatient = fhir::find_type("Patient");
  Criterion out;
  if (type == kPatient) {
    out.of = Criterion::Of::id;
    TokenValue self;
    self.code = patient;
    out.values.emplace_back(std::move(self));
    return out;
  }
  out.only = kPatient;
  out.targets.emplace_back(storage::type_key(kPatient), std::string(patient));
  for (const Parameter& parameter : parameters_of(type).all)
    if (parameter.compartment)
      for (const ParameterKey key : parameter.keys)
        if (std::ranges::find(out.keys, key) == out.keys.end()) out.keys.push_back(key);
  return out;
}

/// Whoever sees one patient only walks that patient's rows: the condition stands first, beside the restriction itself.
void force_patient(Query& query, const Asking& asking) {
  const auto only = asking.restriction ? asking.restriction->only(query.type) : std::nullopt;
  if (!only) return;
  Criterion forced = compartment_criterion(query.type, asking.snapshot.patient_id(*only));
  if (forced.of == Criterion::Of::rows && forced.keys.empty()) return;
  query.criteria.push_back(std::move(forced));
  query.forced = query.criteria.size();
}

bool may_be_ignored(const Failure& failure) {
  return failure.fault == Fault::parameter_unknown || failure.fault == Fault::not_supported;
}

}  // namespace

Result<Query> parse_query(TypeId type, const Parameters& parameters, std::string_view compartment,
                          const Asking& asking) {
  Query query;
  query.type = type;
  query.count = asking.default_count, query.page_bytes = asking.page_bytes;
  query.restriction = asking.restriction;
  force_patient(query, asking);
  if (!compartment.empty()) {
    query.criteria.push_back(compartment_criterion(type, compartment));
    if (query.criteria.back().of == Criterion::Of::rows && query.criteria.back().keys.empty())
      return fail(Fault::not_supported, std::string(fhir::row_of(type).name) + " is not in the patient compartment.");
  }
  for (const auto& [name, text] : parameters) {
    const auto control = std::ranges::find(kControls, std::string_view(name), &ControlRow::name);
    Result<void> taken;
    if (text.empty()) {
      taken = fail(Fault::parameter_malformed,
                   "The parameter has no value. Leave it out, or use :missing to ask for resources without it.", name);
    } else if (control != kControls.end()) {
      taken = control->take(text, query, asking);
    } else {
      auto criterion = make_criterion(type, name, text, asking);
      if (criterion)
        query.criteria.push_back(std::move(*criterion));
      else
        taken = tl::unexpected<Failure>(std::move(criterion.error()));
    }
    if (taken) {
      query.used.emplace_back(name, text);
    } else if (asking.handling == Handling::lenient && may_be_ignored(taken.error())) {
      query.ignored.push_back(name);
    } else {
      return tl::unexpected<Failure>(std::move(taken.error()));
    }
  }
  if (query.subset.of == Subset::Of::text && !query.includes.empty())
    return fail(Fault::parameter_malformed, "_summary=text goes with no _include and no _revinclude.", "_summary");
  return query;
}

}  // namespace varde::search
