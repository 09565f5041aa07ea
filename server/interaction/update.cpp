/// update: https://hl7.org/fhir/R4/http.html#update, conditional update: #cond-update
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/interactions.h"
#include "server/interaction/reach.h"
#include "server/interaction/write.h"

namespace varde::interaction {

namespace {

/// Whether the stored bytes can hold anything to keep: most resources do not, and are not read for it.
bool may_be_labelled(std::string_view bytes) {
  for (const std::string_view name : {"\"tag\":", "\"security\":", "\"profile\":"})
    if (bytes.find(name) != std::string_view::npos) return true;
  return false;
}

void add_missing(fhir::Editor meta, std::string_view name, fhir::Element before) {
  // The texts stay where they are while the tree grows.
  std::set<std::pair<std::string_view, std::string_view>> there;
  for (const fhir::Element sent : meta.each(name)) there.emplace(sent["system"].value(), sent["code"].value());
  for (const fhir::Element label : before.each(name))
    if (there.emplace(label["system"].value(), label["code"].value()).second) meta.add_copy(name, label);
}

void keep_labels(fhir::Editor resource, const storage::Version& before) {
  if (before.method == storage::Method::remove || !may_be_labelled(before.bytes)) return;
  const auto tree = View::tree(before);
  const fhir::Element kept = tree.root()["meta"];
  if (!kept["tag"] && !kept["security"] && !kept["profile"]) return;
  fhir::Editor meta = resource.ensure("meta");
  add_missing(meta, "tag", kept);
  add_missing(meta, "security", kept);
  if (meta["profile"]) return;
  for (const fhir::Element profile : kept.each("profile")) meta.add("profile", profile.value());
}

}  // namespace

Result<Written> update_in(Act& act, fhir::Editor resource, const std::string& id, const Preconditions& preconditions) {
  FHIR_TRY(refuse_loss(resource, act.store()));
  if (const auto current = act.current(resource.type(), id)) keep_labels(resource, *current);
  auto version = act.update(resource, id, preconditions);
  FHIR_TRY(version);
  const int status = version->method == storage::Method::create ? 201 : 200;
  return Written{std::move(*version), status};
}

Result<Work> update(const Request& request, const Context&, const Reads&) {
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  auto tree = parse_resource(request);
  FHIR_TRY(tree);
  const std::string type(fhir::row_of(request.type).name);
  if (!tree->root()["id"].has_value())
    return fail(Fault::id_mismatch, "An update's resource must carry the id that is in the URL.", type + ".id");
  if (tree->root()["id"].value() != request.id)
    return fail(Fault::id_mismatch, "The id of the resource is not the one in the URL.", type + ".id");
  auto reach = reach_of({tree->root()}, request.base);
  return Work(
      [&request, resource = std::make_shared<fhir::Tree>(std::move(*tree)),
       preconditions = std::move(*preconditions)](Act& act) {
        return update_in(act, resource->edit(), request.id, preconditions).map([&](Written&& written) {
          return answer_written(request, std::move(written));
        });
      },
      std::move(reach));
}

Result<Work> update_conditionally(const Request& request, const Context&, const Reads&) {
  auto preconditions = read_preconditions(request);
  FHIR_TRY(preconditions);
  auto tree = parse_resource(request);
  FHIR_TRY(tree);
  return [&request, resource = std::make_shared<fhir::Tree>(std::move(*tree)),
          preconditions = std::move(*preconditions)](Act& act) -> Result<Response> {
    const std::string sent_id(resource->root()["id"].value());
    auto found = find_one(request.type, request.query, request.base, act);
    FHIR_TRY(found);
    if (*found && !sent_id.empty() && sent_id != **found)
      return fail(Fault::id_mismatch, "The id of the resource is not the one of the match.");
    if (!*found) FHIR_TRY(refuse_taken_id(request.type, sent_id, act));
    const auto write = [&]() -> Result<Written> {
      if (*found || !sent_id.empty())
        return update_in(act, resource->edit(), *found ? **found : sent_id, preconditions);
      FHIR_TRY(require(preconditions, std::nullopt, request.type));
      return create_in(act, resource->edit(), {});
    };
    return write().map([&](Written&& written) { return answer_written(request, std::move(written)); });
  };
}

}  // namespace varde::interaction
