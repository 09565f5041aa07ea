#pragma once
/// @file server/interaction/bundle.h
/// A Bundle put together from stored bytes, which are never parsed for it.
/// Source: https://hl7.org/fhir/R4/bundle.html
#include <optional>
#include <string>
#include <string_view>

#include "server/interaction/request.h"

namespace varde::interaction {

class BundleText {
 public:
  explicit BundleText(std::string_view type);
  void identifier(std::string_view system, std::string_view value);  ///< before everything else
  void total(std::size_t count);
  void link(std::string_view relation, std::string_view url);

  struct Entry {
    std::string_view full_url = {};
    std::string_view resource = {};     ///< JSON
    std::string_view search_mode = {};  ///< match, include, outcome
    std::string_view request_method = {}, request_url = {};
    std::string_view status = {};  ///< "201 Created"; empty: no response element
    std::string_view location = {}, etag = {}, last_modified = {};
    std::string_view outcome = {};  ///< JSON of an OperationOutcome
  };
  void entry(const Entry& entry);
  std::string finish() &&;

 private:
  enum class Open { none, links, entries } open_ = Open::none;
  void open(Open part);
  std::string text_;
};

}  // namespace varde::interaction
