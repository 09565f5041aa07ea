#include "server/search/defined.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/text/trim.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::SearchKind;
using fhir::TypeId;
using storage::ParameterRow;

constexpr std::size_t kLongestCode = 64, kLongestExpression = 4000, kMostOfType = 100;

/// They walk whole resources, at every write; or look for what is not in the resource.
constexpr std::array<std::string_view, 4> kRefusedFunctions{"descendants", "repeat", "aggregate", "memberOf"};

Failure to_mend(std::string_view element, std::string what) {
  return {Fault::business_rule, std::move(what), "SearchParameter." + std::string(element)};
}

/// Which types of elements a kind makes rows of, blank between.
/// Source: https://hl7.org/fhir/R4/search.html#ptypes
struct KindRow {
  SearchKind kind;
  std::string_view types;
};
constexpr std::array kKinds{
    KindRow{SearchKind::number, "decimal integer positiveInt unsignedInt Range"},
    KindRow{SearchKind::date, "date dateTime instant Period Timing"},
    KindRow{SearchKind::string, "string markdown code id uri url canonical HumanName Address"},
    KindRow{
        SearchKind::token,
        "Coding CodeableConcept Identifier ContactPoint code boolean string id uri url canonical oid uuid markdown"},
    KindRow{SearchKind::reference, "Reference canonical uri url"},
    KindRow{SearchKind::quantity,
            "Quantity Age Count Distance Duration SimpleQuantity MoneyQuantity Money Range SampledData"},
    KindRow{SearchKind::uri, "uri url canonical oid uuid"},
};

bool lists(std::string_view list, std::string_view name) {
  for (std::string_view rest = list; !rest.empty();) {
    const std::size_t end = rest.find(' ');
    if (rest.substr(0, end) == name) return true;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return false;
}

const KindRow* types_for(SearchKind kind) {
  const auto found = std::ranges::find(kKinds, kind, &KindRow::kind);
  return found == kKinds.end() ? nullptr : &*found;
}

std::string for_type(SearchKind kind, std::string_view name) {
  std::string kinds;
  for (const KindRow& row : kKinds)
    if (lists(row.types, name)) kinds.append(kinds.empty() ? "" : " or ").append(name_of(row.kind));
  return fmt::format("The expression gives {}, of which a parameter of type {} can be made nothing{}.", name,
                     name_of(kind), kinds.empty() ? "" : "; type " + kinds + " can");
}

bool is_code(std::string_view code) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !code.empty() && code.size() <= kLongestCode && code.front() != '_' && std::ranges::all_of(code, fits);
}

/// The concrete types that a base stands for; empty: none.
std::vector<TypeId> types_of_base(std::string_view base) {
  const TypeId named = fhir::find_type(base);
  if (named == TypeId::none) return {};
  if (fhir::is_resource(named)) return {named};
  std::vector<TypeId> out;
  if (fhir::row_of(named).kind != fhir::TypeKind::abstract_resource) return out;
  for (std::size_t i = 0; i < fhir::types().size(); ++i)
    if (const auto type = static_cast<TypeId>(i); fhir::is_resource(type) && fhir::derives_from(type, named))
      out.push_back(type);
  return out;
}

Result<void> check_functions(std::string_view expression) {
  for (const std::string_view name : kRefusedFunctions)
    if (expression.find(std::string(name) + "(") != std::string_view::npos)
      return tl::unexpected(to_mend(
          "expression", fmt::format("{}() is not evaluated for searches: it walks or asks for more than the elements "
                                    "that are named. Name the path to the elements.",
                                    name)));
  constexpr std::string_view kResolve = "resolve()";
  for (std::size_t at = expression.find(kResolve); at != std::string_view::npos; at = expression.find(kResolve, at + 1))
    if (!fhir::text::trimmed(expression.substr(at + kResolve.size())).starts_with("is "))
      return tl::unexpected(to_mend("expression",
                                    "resolve() is taken as `resolve() is Patient` alone: an index entry is made of "
                                    "what stands in the resource itself. Searches reach further by chains."));
  return {};
}

/// That the expression can be evaluated, and gives what the kind can index, of resources of the type.
Result<void> check_expression(TypeId type, SearchKind kind, std::string_view expression) {
  bool of_type = false;
  for (const std::string_view part : alternatives(expression)) {
    if (!is_of(type, part)) continue;
    of_type = true;
    const auto compiled = fhirpath::compile(part);
    if (!compiled) return tl::unexpected(to_mend("expression", compiled.error().diagnostics));
    const auto result = fhirpath::check_kind(*compiled, type);
    if (!result) return tl::unexpected(to_mend("expression", result.error().diagnostics));
    using fhirpath::ResultKind;
    if (*result == ResultKind::values)
      return tl::unexpected(to_mend("expression",
                                    "The expression computes a value; it must select elements of the "
                                    "resource, or, for a token, be true or false."));
    if (*result == ResultKind::booleans) {
      if (kind == SearchKind::token) continue;
      return tl::unexpected(to_mend("type", "The expression is true or false: that is a parameter of type token."));
    }
    const auto types = fhirpath::check_types(*compiled, type);
    if (!types || types->empty())
      return tl::unexpected(
          to_mend("expression",
                  "It cannot be told which type of element the expression gives, so it would find "
                  "nothing. Say the type: with ofType(), as in Patient.contained.ofType(Organization)."
                  "name, or with as()."));
    const auto fits = [&](TypeId one) { return lists(types_for(kind)->types, fhir::row_of(one).name); };
    if (std::ranges::none_of(*types, fits))
      return tl::unexpected(to_mend("type", for_type(kind, fhir::row_of(types->front()).name)));
  }
  if (of_type) return {};
  return tl::unexpected(to_mend(
      "expression", fmt::format("The expression selects nothing of {}, which is a base: each base needs an alternative "
                                "that begins with its name, such as {}.…",
                                fhir::row_of(type).name, fhir::row_of(type).name)));
}

/// Every key that rows of the type's parameters stand under.
bool is_taken(TypeId type, std::string_view code, const OwnParameters& held) {
  std::set<storage::ParameterKey> taken;
  const auto take = [&](const Parameter& one) {
    taken.insert({one.own_key, one.identifier_key, one.text_key, one.long_key});
  };
  for (std::size_t i = 0; i < fhir::types().size(); ++i) {
    const auto other = static_cast<TypeId>(i);
    if (!fhir::is_resource(other)) continue;
    for (const Parameter& parameter : parameters_of(other).all) take(parameter);
    for (const auto& one : held.of(other))
      if (one->row.type != type || one->row.code != code) take(one->parameter);
  }
  const std::string_view name = fhir::row_of(type).name;
  for (const std::string_view end : {"", ":identifier", ":text", ":long"})
    if (taken.contains(storage::parameter_key(name, std::string(code) + std::string(end)))) return true;
  return false;
}

std::string without_blanks(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c != ' ' && c != '\n' && c != '\t'; });
  return out;
}

/// Whether R4 has that code; true: as it is defined there, so that nothing is to be done. Faults: it means another.
Result<bool> is_of_r4(TypeId type, const ParameterRow& row) {
  const Parameter* of_r4 = parameters_of(type).find(row.code);
  if (!of_r4 && !fhir::find_search_parameter(type, row.code)) return false;
  const auto* defined = fhir::find_search_parameter(type, row.code);
  const auto parts = alternatives(row.expression);
  const auto has = [&](std::string_view part) {
    return std::ranges::any_of(parts,
                               [&](std::string_view other) { return without_blanks(other) == without_blanks(part); });
  };
  if (defined && of_r4 && name_of(of_r4->kind) == row.kind) {
    const auto own = alternatives(defined->expression);
    if (!own.empty() && std::ranges::all_of(own, has)) return true;
  }
  return tl::unexpected(to_mend(
      "code",
      fmt::format("{} has a search parameter '{}' by R4 itself, which means something else. Choose another code.",
                  fhir::row_of(type).name, row.code)));
}

Result<void> check_free(TypeId type, const ParameterRow& row, const OwnParameters& held) {
  const auto* other = held.find(type, row.code);
  const bool others = other && other->is_defined_here() && other->row.resource != row.resource &&
                      other->row.state != ParameterRow::State::leaving;
  if (others)
    return tl::unexpected(
        to_mend("code", fmt::format("SearchParameter/{} defines '{}' of {} already. Choose another code, or retire it.",
                                    other->row.resource, row.code, fhir::row_of(type).name)));
  if (is_taken(type, row.code, held))
    return tl::unexpected(to_mend("code", "That code cannot be told from another parameter's. Choose another code."));
  if (!other && held.of(type).size() >= kMostOfType)
    return tl::unexpected(
        to_mend("base", fmt::format("{} has {} search parameters of its own already, which is the most that is taken.",
                                    fhir::row_of(type).name, kMostOfType)));
  return {};
}

Result<std::string> targets_of(Element resource) {
  std::string out;
  for (const Element target : resource.each("target")) {
    if (fhir::find_resource_type(target.value()) == TypeId::none)
      return tl::unexpected(to_mend("target", "target is a resource type of R4's, such as Patient."));
    out.append(out.empty() ? "" : " ").append(target.value());
  }
  return out;
}

Result<ParameterRow> read_row(Element resource, std::string_view id) {
  ParameterRow row;
  row.code = resource["code"].value(), row.kind = resource["type"].value(), row.resource = id;
  row.expression = resource["expression"].value(), row.url = resource["url"].value();
  if (!is_code(row.code))
    return tl::unexpected(
        to_mend("code", fmt::format("The code is the parameter's name in a URL: letters, digits, - and _, at most {}, "
                                    "and no _ at its beginning.",
                                    kLongestCode)));
  const auto kind = kind_named(row.kind);
  if (!kind || !types_for(*kind))
    return tl::unexpected(to_mend("type",
                                  "A search parameter that is defined here is of one of these types: number, "
                                  "date, string, token, reference, quantity, uri. composite and special are "
                                  "not taken into use: store it with status draft."));
  if (fhir::text::trimmed(row.expression).empty())
    return tl::unexpected(to_mend("expression",
                                  "An active SearchParameter says by an expression in FHIRPath which "
                                  "elements it finds, such as Patient.maritalStatus."));
  if (row.expression.size() > kLongestExpression)
    return tl::unexpected(
        to_mend("expression", fmt::format("The expression is longer than {} characters.", kLongestExpression)));
  FHIR_TRY(check_functions(row.expression));
  auto targets = targets_of(resource);
  FHIR_TRY(targets);
  row.targets = std::move(*targets);
  return row;
}

}  // namespace

Result<std::vector<ParameterRow>> parameters_defined_by(Element resource, std::string_view id,
                                                        const OwnParameters& held) {
  std::vector<ParameterRow> out;
  if (resource["status"].value() != "active") return out;
  auto row = read_row(resource, id);
  FHIR_TRY(row);
  for (const Element base : resource.each("base")) {
    const auto types = types_of_base(base.value());
    if (types.empty())
      return tl::unexpected(to_mend("base", "base is a resource type of R4's, such as Patient, or Resource."));
    for (const TypeId type : types) {
      if (std::ranges::find(out, type, &ParameterRow::type) != out.end()) continue;
      FHIR_TRY(check_expression(type, *kind_named(row->kind), row->expression));
      row->type = type;
      const auto of_r4 = is_of_r4(type, *row);
      FHIR_TRY(of_r4);
      if (*of_r4) continue;
      FHIR_TRY(check_free(type, *row, held));
      out.push_back(*row);
    }
  }
  if (resource["base"]) return out;
  return tl::unexpected(to_mend("base", "An active SearchParameter names the types that it is for."));
}

}  // namespace varde::search
