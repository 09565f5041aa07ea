#include "server/search/own_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/definitions/compartments.h"
#include "fhir-model/definitions/composites.h"
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::TypeId;
using State = storage::ParameterRow::State;

constexpr std::array<std::string_view, 9> kKindNames{"number",    "date",     "string", "token",  "reference",
                                                     "composite", "quantity", "uri",    "special"};

Failure not_ready(TypeId type, std::string_view code) {
  return {Fault::busy,
          fmt::format("The search parameter '{}' of {} is being indexed: until that is done a search by it would miss "
                      "resources. Try again in a moment; /metadata lists it when it is ready.",
                      code, fhir::row_of(type).name),
          std::string(code)};
}

const OwnParameters& parameters_of(const Own& own) {
  static const OwnParameters kNone;
  return own.parameters ? own.parameters() : kNone;
}

/// R4's parameters of the type and those of every resource.
std::vector<const fhir::SearchParameterRow*> rows_of(TypeId type) {
  std::vector<const fhir::SearchParameterRow*> out;
  for (const auto& row : fhir::search_parameters())
    if (row.type == type ||
        (fhir::row_of(row.type).kind == fhir::TypeKind::abstract_resource && fhir::derives_from(type, row.type)))
      out.push_back(&row);
  std::ranges::sort(out, {}, [](const auto* row) { return row->code; });
  return out;
}

std::string entry_of(TypeId type, const fhir::SearchParameterRow& row) {
  const std::string all = fmt::format("{}\n{}\n{}\n{}", name_of(row.kind), row.expression, row.targets,
                                      fhir::components_of(type, row.code));
  return fmt::format("{}={:08x}", row.code, static_cast<std::uint32_t>(storage::parameter_key(row.code, all)));
}

}  // namespace

OwnParameters::OwnParameters(std::int64_t number, std::vector<storage::ParameterRow> rows) : number_(number) {
  for (storage::ParameterRow& row : rows) {
    if (row.type == TypeId::none) continue;  // of a type that this release does not know
    auto one = std::make_unique<One>();
    one->row = std::move(row);
    if (one->is_defined_here()) {
      auto made =
          parameter_of(one->row.type, one->row.code, kind_named(one->row.kind), one->row.expression, one->row.targets);
      one->is_readable = made.has_value();
      if (made) one->parameter = std::move(*made);
    }
    types_[one->row.type].push_back(std::move(one));
  }
}

const std::vector<std::unique_ptr<OwnParameters::One>>& OwnParameters::of(TypeId type) const {
  static const std::vector<std::unique_ptr<One>> kNone;
  const auto found = types_.find(type);
  return found == types_.end() ? kNone : found->second;
}

const OwnParameters::One* OwnParameters::find(TypeId type, std::string_view code) const {
  for (const auto& one : of(type))
    if (one->row.code == code) return one.get();
  return nullptr;
}

Result<const Parameter*> find_parameter(TypeId type, std::string_view code, const Asking& asking) {
  const Parameter* of_r4 = parameters_of(type).find(code);
  if (of_r4 && !asking.own.r4_is_reindexed) return of_r4;
  const auto* own = parameters_of(asking.own).find(type, code);
  if (of_r4 && (!own || own->is_defined_here())) return of_r4;
  if (!own || own->row.state == State::leaving) return nullptr;
  if (own->row.state == State::indexed) return tl::unexpected<Failure>(not_ready(type, code));
  if (!own->is_readable)
    return fail(Fault::not_supported,
                "The expression of the SearchParameter " + own->row.resource +
                    " cannot be evaluated by this release: write it otherwise, or retire it.",
                std::string(code));
  return &own->parameter;
}

Result<std::vector<const Parameter*>> references_of(TypeId type, const Asking& asking) {
  std::vector<const Parameter*> out;
  for (const Parameter& parameter : parameters_of(type).all) {
    if (parameter.kind != fhir::SearchKind::reference) continue;
    FHIR_TRY(find_parameter(type, parameter.code, asking));
    out.push_back(&parameter);
  }
  for (const auto& one : parameters_of(asking.own).of(type))
    if (one->is_used() && one->parameter.kind == fhir::SearchKind::reference) out.push_back(&one->parameter);
  return out;
}

std::string codes_of(TypeId type, const Own& own) {
  std::string out = parameters_of(type).codes();
  for (const auto& one : parameters_of(own).of(type))
    if (one->is_used()) out.append(", ").append(one->row.code);
  return out;
}

Result<void> check_compartment(TypeId compartment, TypeId type, const Asking& asking) {
  if (!asking.own.r4_is_reindexed) return {};
  for (const std::string_view code : fhir::compartment_parameters(compartment, type))
    FHIR_TRY(find_parameter(type, code, asking));
  return {};
}

std::string_view name_of(fhir::SearchKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<fhir::SearchKind> kind_named(std::string_view name) {
  const auto found = std::ranges::find(kKindNames, name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<fhir::SearchKind>(found - kKindNames.begin());
}

std::string fingerprint(TypeId type) {
  std::string out;
  for (const auto* row : rows_of(type)) {
    if (!out.empty()) out += ' ';
    out += entry_of(type, *row);
  }
  return out;
}

std::vector<std::string_view> changed_since(TypeId type, std::string_view before) {
  std::vector<std::string_view> out;
  const std::string padded = fmt::format(" {} ", before);
  for (const auto* row : rows_of(type))
    if (padded.find(fmt::format(" {} ", entry_of(type, *row))) == std::string::npos) out.push_back(row->code);
  return out;
}

}  // namespace varde::search
