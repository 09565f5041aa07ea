/// [type]/[id]/$diff and $diff: what makes one version of another, or one resource of another, as a FHIRPath Patch that
/// PATCH takes. Not of R4; as HAPI FHIR has it (https://smilecdr.com/docs/fhir_standard/diff.html).
///   fromVersion  of an instance: since that version; the one before the current when left out
///   from, to     of two resources of one type: "Patient/1", "Patient/1/_history/2"
#include <charconv>

#include "fhir-model/element/reference.h"
#include "fhir-model/patch/difference.h"
#include "server/interaction/answer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

Result<std::int64_t> version_number(std::string_view text, std::string_view name) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number > 0) return number;
  return fail(Fault::parameter_malformed, "a version is a number from 1", std::string(name));
}

Result<fhir::Tree> tree_of(std::optional<storage::Version> version, fhir::TypeId type) {
  if (!version) return tl::unexpected<Failure>(interaction::not_found(type));
  if (version->method == storage::Method::remove) return tl::unexpected<Failure>(interaction::gone(type));
  return View::tree(*version);
}

struct Named {
  fhir::TypeId type;
  fhir::Tree tree;
};

Result<Named> named(const Input& input, std::string_view name, const View& view) {
  const auto text = input.one(name);
  if (!text) return fail(Fault::required_missing, "from and to name two resources: Patient/1", std::string(name));
  const auto reference = fhir::parse_reference(*text);
  const auto id = reference.type == fhir::TypeId::none ? "" : view.own_id(*text, reference.type);
  if (id.empty())
    return fail(Fault::parameter_malformed, "this names no resource of ours: Patient/1, Patient/1/_history/2",
                std::string(name));
  if (reference.version.empty()) {
    auto tree = tree_of(view.current(reference.type, id), reference.type);
    FHIR_TRY(tree);
    return Named{reference.type, std::move(*tree)};
  }
  const auto number = version_number(reference.version, name);
  FHIR_TRY(number);
  auto tree = tree_of(view.version(reference.type, id, *number), reference.type);
  FHIR_TRY(tree);
  return Named{reference.type, std::move(*tree)};
}

Response answer_of(const fhir::Tree& from, const fhir::Tree& to) {
  return interaction::answer_with(fhir::difference(from.root(), to.root()).root());
}

}  // namespace

Result<Response> diff_versions(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"fromVersion"});
  FHIR_TRY(input);
  const auto current = interaction::find_live(view, request.type, request.id);
  FHIR_TRY(current);
  std::int64_t number = std::max<std::int64_t>(current->version - 1, 1);
  if (const auto text = input->one("fromVersion")) {
    const auto asked = version_number(*text, "fromVersion");
    FHIR_TRY(asked);
    number = *asked;
  }
  const auto before = tree_of(view.version(request.type, request.id, number), request.type);
  FHIR_TRY(before);
  return answer_of(*before, View::tree(*current));
}

Result<Response> diff_resources(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"from", "to"});
  FHIR_TRY(input);
  const auto from = named(*input, "from", view), to = named(*input, "to", view);
  FHIR_TRY(from);
  FHIR_TRY(to);
  if (from->type != to->type) return fail(Fault::parameter_malformed, "from and to are of one type", "to");
  return answer_of(from->tree, to->tree);
}

}  // namespace varde::operation
