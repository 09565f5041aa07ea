/// Uri search: https://hl7.org/fhir/R4/search.html#uri
#include "server/search/value.h"

namespace varde::search {

void index_uri(fhir::Element element, ParameterKey key, IndexRows& rows) {
  if (element.has_value()) rows.uris.push_back({key, element.value()});
}

}  // namespace varde::search
