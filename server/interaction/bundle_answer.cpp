#include "server/interaction/bundle_answer.h"

#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

std::string status_text(int status) {
  switch (status) {
    case 200: return "200 OK";
    case 201: return "201 Created";
    case 204: return "204 No Content";
    default: return std::to_string(status);
  }
}

void append(const Entry& entry, const EntryAnswer& answer, bool with_resource, BundleText& bundle) {
  BundleText::Entry out;
  const std::string status = status_text(answer.status);
  const std::string at = answer.version ? fhir_instant(answer.version->updated) : std::string();
  const std::string etag = answer.version ? etag_of(answer.version->version) : answer.etag;
  std::string location = answer.location;
  if (answer.version) {
    location = std::string(fhir::row_of(answer.version->type).name) + "/" + answer.version->id + "/_history/" +
               std::to_string(answer.version->version);
  }
  out.full_url = entry.full_url;
  out.status = status, out.etag = etag, out.last_modified = at, out.location = location;
  if (!answer.resource.empty())
    out.resource = answer.resource;
  else if (with_resource && answer.version)
    out.resource = answer.version->bytes;
  out.outcome = answer.outcome;
  bundle.entry(out);
}

}  // namespace

Response respond(const std::vector<Entry>& entries, const std::vector<EntryAnswer>& answers, std::string_view type,
                 const Request& request) {
  BundleText bundle(type);
  const bool with_resources = preferred_return(request, Return::minimal) == Return::representation;
  for (std::size_t i = 0; i < entries.size(); ++i) append(entries[i], answers[i], with_resources, bundle);
  Response out;
  out.body = std::move(bundle).finish();
  return out;
}

}  // namespace varde::interaction
