#include "server/search/query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "server/search/criteria.h"
#include "server/search/filtered.h"
#include "server/search/include_text.h"
#include "server/search/kind/kind.h"
#include "server/search/own_parameters.h"

namespace varde::search {
namespace {

using fhir::TypeId;

/// What a search can be sorted by.
std::string sorting_codes(TypeId type, const Own& own) {
  std::string out;
  const auto add = [&](const Parameter& parameter) {
    if (kind_of(parameter).order != Order::none) out.append(out.empty() ? "" : ", ").append(parameter.code);
  };
  for (const Parameter& parameter : parameters_of(type).all) add(parameter);
  if (own.parameters)
    for (const auto& one : own.parameters().of(type))
      if (one->is_used()) add(one->parameter);
  return out;
}

Result<void> take_sort(std::string_view text, Query& query, const Asking& asking) {
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view one = text.substr(0, comma);
    const bool descending = one.starts_with('-');
    if (descending) one.remove_prefix(1);
    if (one == "_score")
      return fail(Fault::not_supported,
                  "Matches are not ranked here, so there is no _score to sort by: a resource fits a search or it does "
                  "not.",
                  "_sort");
    const auto found = find_parameter(query.type, one, asking);
    FHIR_TRY(found);
    const Parameter* parameter = *found;
    if (!parameter || kind_of(*parameter).order == Order::none)
      return fail(Fault::parameter_malformed,
                  "_sort takes these parameters, a minus before one for descending (composites, places and full text "
                  "excepted): " +
                      sorting_codes(query.type, asking.own) + ".",
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

Result<void> take_filter(std::string_view text, Query& query, const Asking& asking) {
  auto criteria = criteria_of_filter(query.type, text, asking);
  FHIR_TRY(criteria);
  for (Criterion& one : *criteria) query.criteria.push_back(std::move(one));
  return {};
}

Result<void> take_most_results(std::string_view text, Query& query, const Asking&) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), query.most_results);
  if (error != std::errc{} || end != text.data() + text.size() || query.most_results == 0)
    return fail(Fault::parameter_malformed, "_maxresults is a whole number, 1 or more.", "_maxresults");
  return {};
}

Result<void> take_explain(std::string_view text, Query& query, const Asking& asking) {
  if (text != "true" && text != "false")
    return fail(Fault::parameter_malformed, "_explain is true or false.", "_explain");
  if (!asking.may_explain)
    return fail(Fault::forbidden, "_explain is for who operates the server: it tells how much is stored.", "_explain");
  query.explained = text == "true";
  return {};
}

/// https://hl7.org/fhir/R4/search.html#contained: contained resources are found by what they stand in alone.
Result<void> take_contained(std::string_view text, Query&, const Asking&) {
  if (text == "false") return {};
  if (text == "true" || text == "both")
    return fail(Fault::not_supported,
                "Contained resources are not searched by themselves: _contained is false, which it is anyway. They "
                "come with the resource that holds them.",
                "_contained");
  return fail(Fault::parameter_malformed, "_contained is false, true or both.", "_contained");
}
Result<void> take_contained_type(std::string_view text, Query&, const Asking&) {
  if (text == "container" || text == "contained") return {};  // of what is not searched
  return fail(Fault::parameter_malformed, "_containedType is container or contained.", "_containedType");
}

/// The types were read before (types_of); of one type it says nothing new.
Result<void> take_type(std::string_view text, Query& query, const Asking& asking) {
  if (!asking.types.empty() || text == fhir::row_of(query.type).name) return {};
  return fail(Fault::parameter_malformed,
              "_type is for searches of several types, at the base: [base]?_type=Patient,Observation.", "_type");
}

struct ControlRow {
  std::string_view name;
  Result<void> (*take)(std::string_view text, Query& query, const Asking& asking);
};
// clang-format off
constexpr std::array kControls{
    ControlRow{"_contained",  take_contained},
    ControlRow{"_containedType", take_contained_type},
    ControlRow{"_count",      take_count},
    ControlRow{"_elements",   [](std::string_view text, Query& query, const Asking&) { return take_elements(query.type, text, query.subset); }},
    ControlRow{"_explain",    take_explain},
    ControlRow{"_filter",     take_filter},
    ControlRow{"_format",     [](std::string_view, Query&, const Asking&) -> Result<void> { return {}; }},   // the rim's
    ControlRow{"_include",    take_include},
    ControlRow{"_include:iterate", take_include_iterated},
    ControlRow{"_maxresults", take_most_results},
    ControlRow{"_pretty",     [](std::string_view, Query&, const Asking&) -> Result<void> { return {}; }},   // the rim's
    ControlRow{"_revinclude", take_revinclude},
    ControlRow{"_revinclude:iterate", take_revinclude_iterated},
    ControlRow{"_sort",       take_sort},
    ControlRow{"_summary",    take_summary},
    ControlRow{"_total",      take_total},
    ControlRow{"_type",       take_type},
};
// clang-format on

/// Whoever sees one patient only walks that patient's rows: the condition stands first, beside the restriction itself.
void force_patient(Query& query, const Asking& asking) {
  const auto only = asking.restriction ? asking.restriction->only(query.type) : std::nullopt;
  if (!only) return;
  static const TypeId kPatient = fhir::find_type("Patient");
  Criterion forced = compartment_criterion({kPatient, asking.snapshot.patient_id(*only)}, query.type);
  if (forced.of == Criterion::Of::rows && forced.keys.empty()) return;
  query.criteria.push_back(std::move(forced));
  query.forced = query.criteria.size();
}

/// What must all hold is walked by whichever of it is the shortest way.
void add(Criterion criterion, Query& query) {
  if (criterion.stated || criterion.of != Criterion::Of::all || criterion.wanted != Criterion::Wanted::any_of)
    return query.criteria.push_back(std::move(criterion));
  for (Criterion& part : criterion.parts) add(std::move(part), query);
}

bool may_be_ignored(const Failure& failure) {
  return failure.fault == Fault::parameter_unknown || failure.fault == Fault::not_supported;
}

}  // namespace

Result<Query> parse_query(TypeId type, const Parameters& parameters, const Compartment& compartment,
                          const Asking& asking) {
  Query query;
  query.type = type;
  query.count = asking.default_count, query.page_bytes = asking.page_bytes;
  query.restriction = asking.restriction, query.past = asking.past;
  force_patient(query, asking);
  if (!compartment.id.empty()) {
    if (!is_in_compartment(compartment.type, type))
      return fail(Fault::not_supported, std::string(fhir::row_of(type).name) + " is not in the compartment of a " +
                                            std::string(fhir::row_of(compartment.type).name) + ".");
    FHIR_TRY(check_compartment(compartment.type, type, asking));
    query.criteria.push_back(compartment_criterion(compartment, type));
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
        add(std::move(*criterion), query);
      else
        taken = hand_on(criterion);
    }
    if (taken) {
      query.used.emplace_back(name, text);
    } else if (asking.handling == Handling::lenient && may_be_ignored(taken.error())) {
      query.ignored.push_back(name);
    } else {
      return hand_on(taken);
    }
  }
  if (query.subset.of == Subset::Of::text && !query.includes.empty())
    return fail(Fault::parameter_malformed, "_summary=text goes with no _include and no _revinclude.", "_summary");
  return query;
}

namespace {

/// Repeated where it can be a type's name: what else came may be anything.
std::string no_type(std::string_view name) {
  const bool repeated = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return repeated ? "R4 has no resource type '" + std::string(name) + "'." : "That is no resource type of R4's.";
}

/// Those of every _type; empty where none is said.
Result<std::vector<TypeId>> types_of(const Parameters& parameters) {
  std::vector<TypeId> out;
  for (const auto& [name, value] : parameters) {
    if (name != "_type") continue;
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t comma = std::min(value.find(',', at), value.size());
      const TypeId type = fhir::find_resource_type(std::string_view(value).substr(at, comma - at));
      if (type == TypeId::none)
        return fail(Fault::parameter_malformed,
                    no_type(std::string_view(value).substr(at, comma - at)) +
                        " _type is a list of resource types, such as Patient,Observation.",
                    "_type");
      if (std::ranges::find(out, type) == out.end()) out.push_back(type);
      at = comma + 1;
    }
  }
  return out;
}

}  // namespace

Result<std::vector<Query>> parse_queries(const Parameters& parameters, const Compartment& compartment,
                                         const MayBeSearched& may_be_searched, const Asking& asking) {
  auto types = types_of(parameters);
  FHIR_TRY(types);
  if (!types->empty()) {
    for (const TypeId type : *types) FHIR_TRY(may_be_searched(type));
  } else {
    for (std::size_t i = 0; i < fhir::types().size(); ++i)
      if (const auto type = static_cast<TypeId>(i);
          fhir::is_resource(type) && may_be_searched(type) &&
          (compartment.id.empty() || is_in_compartment(compartment.type, type)))
        types->push_back(type);
  }
  Asking of_several = asking;
  of_several.types = *types;
  std::vector<Query> out;
  for (const TypeId type : *types) {
    auto query = parse_query(type, parameters, compartment, of_several);
    FHIR_TRY(query);
    out.push_back(std::move(*query));
  }
  if (out.empty()) return fail(Fault::forbidden, "Your login does not allow searching for any type.");
  return out;
}

}  // namespace varde::search
