#include "server/operation/printed.h"

#include "fhir-model/json/json.h"
#include "fhir-model/text/base64.h"

namespace varde::operation {

interaction::Response printed(const interaction::Request& request, std::string bytes, std::string_view content_type) {
  interaction::Response response;
  if (!request.media.empty()) {
    response.body = std::move(bytes);
    response.content_type = request.media;
    return response;
  }
  auto tree = fhir::Tree::of("Binary");
  tree.edit().set("contentType", content_type);
  tree.edit().set("data", fhir::text::to_base64(bytes));
  response.body = fhir::to_json(tree.root());
  return response;
}

}  // namespace varde::operation
