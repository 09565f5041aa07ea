#include "server/interaction/defined_parameters.h"

#include <algorithm>

#include "server/search/defined.h"

namespace varde::interaction {
namespace {

using storage::ParameterRow;
namespace search_parameters = storage::search_parameters;

bool is_search_parameter(fhir::TypeId type) {
  static const fhir::TypeId kSearchParameter = fhir::find_type("SearchParameter");
  return type == kSearchParameter;
}

bool finds_the_same(const ParameterRow& a, const ParameterRow& b) {
  return a.kind == b.kind && a.expression == b.expression && a.targets == b.targets && a.resource == b.resource &&
         a.state != ParameterRow::State::leaving;
}

}  // namespace

Result<void> DefinedParameters::before(Act& act, fhir::Editor resource, const Pending&) {
  if (!is_search_parameter(resource.type())) return {};
  FHIR_TRY(search::parameters_defined_by(resource, resource["id"].value(), act.own_parameters()));
  return {};
}

Result<void> DefinedParameters::after(Act& act, const Stored& stored) {
  if (!is_search_parameter(stored.version.type)) return {};
  const auto& held = act.own_parameters();
  std::vector<ParameterRow> wanted;
  if (stored.resource) {
    auto defined = search::parameters_defined_by(stored.resource, stored.version.id, held);
    FHIR_TRY(defined);
    wanted = std::move(*defined);
  }
  std::vector<ParameterRow> changed;
  for (std::size_t i = 0; i < fhir::types().size(); ++i)
    for (const auto& one : held.of(static_cast<fhir::TypeId>(i))) {
      const bool stays = std::ranges::any_of(
          wanted, [&](const ParameterRow& row) { return row.type == one->row.type && row.code == one->row.code; });
      if (one->row.resource != stored.version.id || stays || one->row.state == ParameterRow::State::leaving) continue;
      changed.push_back(one->row), changed.back().state = ParameterRow::State::leaving;
    }
  for (ParameterRow& row : wanted) {
    const auto* before = held.find(row.type, row.code);
    if (!before || !finds_the_same(before->row, row)) {
      changed.push_back(std::move(row));
    } else if (before->row.url != row.url) {
      row.state = before->row.state;
      search_parameters::put(act.transaction(), row);
    }
  }
  for (const ParameterRow& row : changed) {
    search_parameters::put(act.transaction(), row);
    search_parameters::begin(act.transaction(), row.type);
  }
  if (!changed.empty() && changed_) changed_();
  return {};
}

}  // namespace varde::interaction
