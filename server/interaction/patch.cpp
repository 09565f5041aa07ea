/// patch: https://hl7.org/fhir/R4/http.html#patch, conditional patch: the same, by a search
#include "server/interaction/patch.h"

#include <algorithm>
#include <stdexcept>

#include "fhir-model/json/json.h"
#include "fhir-model/text/base64.h"
#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/binary.h"
#include "server/interaction/interactions.h"

namespace varde::interaction {
namespace {

using fhir::Element;
using fhir::Tree;

constexpr std::string_view kJsonPatch = kPatchFormats[0], kXmlPatch = kPatchFormats[3];
constexpr auto kAsPatch = [](auto read) { return Patch(std::move(read)); };

/// Everything but the narrative, and meta, of which no narrative tells.
std::string data_of(Element resource) {
  Tree copy = Tree::copy_of(resource);
  copy.edit().remove("text");
  copy.edit().remove("meta");
  return fhir::to_json(copy.root());
}

std::string narrative_of(Element resource) {
  const Element text = resource["text"];
  return text ? fhir::to_json(text) : std::string();
}

/// "The server SHALL ensure that the narrative in a resource is not clinically unsafe after the PATCH operation".
Result<void> settle_narrative(Element before, fhir::Editor after) {
  const std::string_view status = after["text"]["status"].value();
  if (status.empty() || status == "empty") return {};
  if (narrative_of(before) != narrative_of(after) || data_of(before) == data_of(after)) return {};
  if (status == "additional")
    return fail(Fault::business_rule,
                "The narrative tells more than the data, so a patch of the data must bring the narrative too.",
                std::string(after.type_name()) + ".text");
  after.remove("text");
  return {};
}

Result<Tree> apply_to(const Patch& patch, const storage::Version& current, Budget& budget) {
  const auto before = View::tree(current);
  auto after = std::visit([&](const auto& one) { return one.apply(before.root(), &budget); }, patch);
  if (!after) return after;
  FHIR_TRY(settle_narrative(before.root(), after->edit()));
  FHIR_TRY(fhir::require_valid(after->root(), &budget));
  return after;
}

}  // namespace

Result<Patch> read_patch(const Request& request) {
  const auto type = media_type(request.content_type);
  const bool utf8 = charset_is_utf8(request.content_type);
  if (type == kJsonPatch && utf8) return fhir::JsonPatch::parse(request.body).map(kAsPatch);
  if (type == kXmlPatch && utf8) return fhir::XmlPatch::parse(request.body).map(kAsPatch);
  auto tree = parse_body(request);
  if (!tree && tree.error().fault == Fault::content_type_unsupported && utf8)
    return fail(Fault::content_type_unsupported,
                "Send a JSON Patch as application/json-patch+json, an XML Patch as application/xml-patch+xml, or a "
                "FHIRPath Patch (Parameters) as application/fhir+json or application/fhir+xml.");
  FHIR_TRY(tree);
  return fhir::FhirPathPatch::parse(std::move(*tree)).map(kAsPatch);
}

Result<Patch> read_patch(Element resource) {
  if (resource.type_name() == "Binary" && resource["contentType"].value() == kJsonPatch)
    return fhir::JsonPatch::parse(fhir::text::from_base64(resource["data"].value()).value_or("")).map(kAsPatch);
  if (resource.type_name() == "Binary" && resource["contentType"].value() == kXmlPatch)
    return fhir::XmlPatch::parse(fhir::text::from_base64(resource["data"].value()).value_or("")).map(kAsPatch);
  if (resource.type_name() == "Parameters") return fhir::FhirPathPatch::parse(Tree::copy_of(resource)).map(kAsPatch);
  return fail(Fault::patch_malformed,
              "A PATCH entry's resource is Parameters (FHIRPath Patch), or a Binary of application/json-patch+json or "
              "application/xml-patch+xml.",
              std::string(resource.type_name()));
}

Result<Patched> apply_patch(const Patch& patch, const View& view, fhir::TypeId type, const std::string& id,
                            const Preconditions& preconditions) {
  const auto current = view.current(type, id);
  if (!current) return tl::unexpected<Failure>(not_found(type));
  if (current->method == storage::Method::remove) return tl::unexpected<Failure>(gone(type));
  FHIR_TRY(require(preconditions, current, type));
  return apply_to(patch, *current, view.budget()).map([&](Tree&& after) {
    return Patched{current->version, std::move(after)};
  });
}

Result<Written> patch_in(Act& act, const Patch& patch, fhir::TypeId type, const std::string& id,
                         const Preconditions& preconditions, std::optional<Patched> ready) {
  const auto current = ready ? act.current(type, id) : std::nullopt;
  if (!current || current->method == storage::Method::remove || current->version != ready->from_version) {
    auto again = apply_patch(patch, act, type, id, preconditions);
    FHIR_TRY(again);
    ready = std::move(*again);
  }
  // As the patch left it: what the patch takes out of meta shall go.
  return act.update(ready->resource.edit(), id, preconditions).map([](storage::Version&& version) {
    return Written{std::move(version), 200};
  });
}

Result<Work> patch(const Request& request, const Context&, const Reads& reads) {
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  auto read = read_patch(request);
  FHIR_TRY(read);
  // The work is done on a snapshot, so that a large patch does not hold up the one writer.
  auto ready =
      reads([&](const View& view) { return apply_patch(*read, view, request.type, request.id, *preconditions); });
  FHIR_TRY(ready);
  return [&request, patch = std::make_shared<Patch>(std::move(*read)), preconditions = std::move(*preconditions),
          ready = std::make_shared<Patched>(std::move(*ready))](Act& act) {
    return patch_in(act, *patch, request.type, request.id, preconditions, std::move(*ready))
        .map([&](Written&& written) { return answer_written(request, std::move(written)); });
  };
}

Result<Work> patch_conditionally(const Request& request, const Context&, const Reads&) {
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  auto read = read_patch(request);
  FHIR_TRY(read);
  return [&request, patch = std::make_shared<Patch>(std::move(*read)),
          preconditions = std::move(*preconditions)](Act& act) -> Result<Response> {
    auto found = find_one(request.type, request.query, request.base, act);
    FHIR_TRY(found);
    if (!*found) return tl::unexpected<Failure>(none_matches(request.type));
    return patch_in(act, *patch, request.type, **found, preconditions).map([&](Written&& written) {
      return answer_written(request, std::move(written));
    });
  };
}

}  // namespace varde::interaction
