#include "server/demo/client.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <stdexcept>

#include "fhir-model/json/json.h"

namespace varde::demo {

fhir::Tree Answer::resource() const {
  auto tree = fhir::parse_json(body);
  if (!tree) throw std::runtime_error("the answer is no FHIR JSON: " + tree.error().diagnostics);
  return std::move(*tree);
}

Answer Client::send(const std::string& method, const std::string& path, const std::string& body,
                    const std::string& content_type) const {
  const Poco::URI uri(base_ + "/" + path);
  Poco::Net::HTTPClientSession session(uri.getHost(), uri.getPort());
  session.setTimeout(Poco::Timespan(30, 0));
  Poco::Net::HTTPRequest request(method, uri.getPathAndQuery(), Poco::Net::HTTPMessage::HTTP_1_1);
  request.set("Accept", "application/fhir+json");
  if (!content_type.empty()) request.setContentType(content_type);
  request.setContentLength(static_cast<std::streamsize>(body.size()));
  session.sendRequest(request) << body;
  Poco::Net::HTTPResponse response;
  Answer answer;
  Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
  answer.status = response.getStatus();
  return answer;
}

Answer Client::post(const std::string& path, const fhir::Tree& resource) const {
  return send("POST", path, fhir::to_json(resource.root()), "application/fhir+json");
}

Answer Client::put(const std::string& path, const fhir::Tree& resource) const {
  return send("PUT", path, fhir::to_json(resource.root()), "application/fhir+json");
}

std::vector<fhir::Tree> Client::search(const std::string& query) const {
  const auto answer = get(query);
  if (answer.status != 200)
    throw std::runtime_error("search answered " + std::to_string(answer.status) + ": " + answer.body);
  const auto bundle = answer.resource();
  std::vector<fhir::Tree> found;
  for (const auto entry : bundle.root().each("entry")) found.push_back(fhir::Tree::copy_of(entry["resource"]));
  return found;
}

}  // namespace varde::demo
