#pragma once
/// @file server/demo/client.h
/// A FHIR client as plain as curl, for the story.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"

namespace varde::demo {

struct Answer {
  int status = 0;
  std::string body;
  fhir::Tree resource() const;  ///< throws std::runtime_error when the body is no FHIR JSON
};

class Client {
 public:
  explicit Client(std::string base) : base_(std::move(base)) {}
  Answer get(const std::string& path) const { return send("GET", path, {}, {}); }
  Answer post(const std::string& path, const fhir::Tree& resource) const;
  Answer put(const std::string& path, const fhir::Tree& resource) const;
  Answer send(const std::string& method, const std::string& path, const std::string& body,
              const std::string& content_type) const;
  /// The resources of a search's first page.
  std::vector<fhir::Tree> search(const std::string& query) const;

 private:
  std::string base_;  ///< "http://127.0.0.1:8080/fhir"
};

}  // namespace varde::demo
