/// StructureDefinition/$snapshot: the definition with a snapshot, made of its differential.
/// Source: https://hl7.org/fhir/R4/structuredefinition-operation-snapshot.html
#include "fhir-model/profile/snapshot.h"

#include "fhir-model/json/json.h"
#include "fhir-model/package/package.h"
#include "server/interaction/answer.h"
#include "server/interaction/definitions.h"
#include "server/interaction/terms.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

const fhir::TypeId kDefinition = fhir::find_resource_type("StructureDefinition");

/// What is stored goes before R4's own.
std::optional<fhir::Tree> known(std::string_view canonical, const Request& request, const View& view) {
  const auto bar = canonical.rfind('|');
  const auto url = canonical.substr(0, bar), version = bar == std::string_view::npos ? "" : canonical.substr(bar + 1);
  if (auto stored = interaction::stored_by_url(kDefinition, url, version, request.base, view)) return stored;
  const auto* found = fhir::package::find_canonical(kDefinition, canonical);
  if (!found) return std::nullopt;
  auto tree = fhir::parse_json(fhir::package::json(*found), {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
  if (!tree) throw std::logic_error("a definition of R4's does not parse: " + std::string(found->id));
  return std::move(*tree);
}

Result<fhir::Tree> asked(const Request& request, const View& view) {
  const auto input = Input::read(request, {"definition", "url"});
  FHIR_TRY(input);
  if (!request.id.empty()) {
    auto version = view.current(kDefinition, request.id);
    if (!version) version = interaction::definition_of(kDefinition, request.id);
    if (!version) return tl::unexpected<Failure>(interaction::not_found(kDefinition));
    if (version->method == storage::Method::remove) return tl::unexpected<Failure>(interaction::gone(kDefinition));
    return View::tree(*version);
  }
  for (const auto parameter : input->elements("definition")) {
    if (parameter["resource"].type() == kDefinition) return fhir::Tree::copy_of(parameter["resource"]);
    return fail(Fault::parameter_malformed, "definition holds a StructureDefinition.", parameter.path());
  }
  const auto url = input->one("url");
  if (!url) return fail(Fault::required_missing, "Say which: url, or definition with the resource.", "definition");
  if (auto found = known(*url, request, view)) return std::move(*found);
  return fail(Fault::not_found, "There is no StructureDefinition of that url here.", "url");
}

}  // namespace

Result<Response> snapshot(const Request& request, const View& view, const Context&) {
  const auto definition = asked(request, view);
  FHIR_TRY(definition);
  const auto made = fhir::with_snapshot(definition->root(), [&](std::string_view canonical) {
    view.budget().spend();
    return known(canonical, request, view);
  });
  FHIR_TRY(view.budget().within());
  FHIR_TRY(made);
  return interaction::answer_with(made->root());
}

}  // namespace varde::operation
