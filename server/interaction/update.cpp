/// update: https://hl7.org/fhir/R4/http.html#update, conditional update: #cond-update
#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/interactions.h"
#include "server/interaction/write.h"

namespace varde::interaction {

Result<Written> update_in(storage::Transaction& transaction, Store& store, fhir::Editor resource, const std::string& id,
                          std::optional<std::int64_t> if_match) {
  auto version = store.update(transaction, resource, id, if_match);
  if (!version) return tl::unexpected<Failure>(std::move(version.error()));
  const int status = version->method == storage::Method::create ? 201 : 200;
  return Written{std::move(*version), status};
}

Result<Response> update(const Request& request, Context& context) {
  if (!fhir::is_id(request.id))
    return fail(Fault::id_malformed, "An id is 1 to 64 of the characters A-Z a-z 0-9 - and dot.");
  auto if_match = if_match_version(request.if_match);
  if (!if_match) return tl::unexpected<Failure>(std::move(if_match.error()));
  auto tree = parse_resource(request);
  if (!tree) return tl::unexpected<Failure>(std::move(tree.error()));
  const std::string type(fhir::row_of(request.type).name);
  if (!tree->root()["id"].has_value())
    return fail(Fault::id_mismatch, "An update's resource must carry the id that is in the URL.", type + ".id");
  if (tree->root()["id"].value() != request.id)
    return fail(Fault::id_mismatch, "The id of the resource is not the one in the URL.", type + ".id");
  auto written = context.database.write([&](storage::Transaction& transaction) {
    return update_in(transaction, context.store, tree->edit(), request.id, *if_match);
  });
  if (!written) return tl::unexpected<Failure>(std::move(written.error()));
  return answer_written(request, std::move(written->version), written->status);
}

Result<Response> update_conditionally(const Request& request, Context& context) {
  auto if_match = if_match_version(request.if_match);
  if (!if_match) return tl::unexpected<Failure>(std::move(if_match.error()));
  auto tree = parse_resource(request);
  if (!tree) return tl::unexpected<Failure>(std::move(tree.error()));
  const std::string sent_id(tree->root()["id"].value());
  auto written = context.database.write([&](storage::Transaction& transaction) -> Result<Written> {
    auto found = find_one(request.type, request.query, request.base, transaction);
    if (!found) return tl::unexpected<Failure>(std::move(found.error()));
    if (*found && !sent_id.empty() && sent_id != **found)
      return fail(Fault::id_mismatch, "The id of the resource is not the one of the match.");
    if (!*found && sent_id.empty()) return create_in(transaction, context.store, tree->edit(), {}, request.base);
    return update_in(transaction, context.store, tree->edit(), *found ? **found : sent_id, *if_match);
  });
  if (!written) return tl::unexpected<Failure>(std::move(written.error()));
  return answer_written(request, std::move(written->version), written->status);
}

}  // namespace varde::interaction
