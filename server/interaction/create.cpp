/// create: https://hl7.org/fhir/R4/http.html#create, conditional create: #ccreate
#include "server/interaction/answer.h"
#include "server/interaction/interactions.h"
#include "server/interaction/write.h"

namespace varde::interaction {

Result<Written> create_in(storage::Transaction& transaction, Store& store, fhir::Editor resource,
                          std::string_view if_none_exist, std::string_view base, std::optional<std::string> id) {
  if (!if_none_exist.empty()) {
    auto found = find_one(resource.type(), if_none_exist, base, transaction);
    if (!found) return tl::unexpected<Failure>(std::move(found.error()));
    if (*found) return Written{*transaction.current(resource.type(), **found), 200};
  }
  auto version = store.create(transaction, resource, std::move(id));
  if (!version) return tl::unexpected<Failure>(std::move(version.error()));
  return Written{std::move(*version), 201};
}

Result<Response> create(const Request& request, Context& context) {
  auto tree = parse_resource(request);
  if (!tree) return tl::unexpected<Failure>(std::move(tree.error()));
  tree->edit().remove("id");  // "If an id is provided, the server SHALL ignore it"
  auto written = context.database.write([&](storage::Transaction& transaction) {
    return create_in(transaction, context.store, tree->edit(), request.if_none_exist, request.base);
  });
  if (!written) return tl::unexpected<Failure>(std::move(written.error()));
  return answer_written(request, std::move(written->version), written->status);
}

}  // namespace varde::interaction
