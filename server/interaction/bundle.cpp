#include "server/interaction/bundle.h"

#include "fhir-model/json/json.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

void append_raw(std::string& out, std::string_view name, std::string_view json) {
  if (out.back() != '{') out += ',';
  fhir::write_json_string(name, out);
  out += ':';
  out += json;
}

}  // namespace

BundleText::BundleText(std::string_view type) {
  text_ = "{\"resourceType\":\"Bundle\"";
  append_json_member(text_, "type", type);
}

void BundleText::identifier(std::string_view system, std::string_view value) {
  append_raw(text_, "identifier", "{");
  append_json_member(text_, "system", system);
  append_json_member(text_, "value", value);
  text_ += '}';
}

void BundleText::total(std::size_t count) { text_ += ",\"total\":" + std::to_string(count); }

void BundleText::open(Open part) {
  if (open_ == part) {
    text_ += ',';
    return;
  }
  if (open_ != Open::none) text_ += ']';
  text_ += part == Open::links ? ",\"link\":[" : ",\"entry\":[";
  open_ = part;
}

void BundleText::link(std::string_view relation, std::string_view url) {
  open(Open::links);
  text_ += '{';
  append_json_member(text_, "relation", relation);
  append_json_member(text_, "url", url);
  text_ += '}';
}

void BundleText::entry(const Entry& entry) {
  open(Open::entries);
  text_ += '{';
  if (!entry.full_url.empty()) append_json_member(text_, "fullUrl", entry.full_url);
  if (!entry.resource.empty()) append_raw(text_, "resource", entry.resource);
  if (!entry.search_mode.empty()) {
    append_raw(text_, "search", "{");
    append_json_member(text_, "mode", entry.search_mode);
    text_ += '}';
  }
  if (!entry.request_method.empty()) {
    append_raw(text_, "request", "{");
    append_json_member(text_, "method", entry.request_method);
    append_json_member(text_, "url", entry.request_url);
    text_ += '}';
  }
  if (!entry.status.empty()) {
    append_raw(text_, "response", "{");
    append_json_member(text_, "status", entry.status);
    if (!entry.location.empty()) append_json_member(text_, "location", entry.location);
    if (!entry.etag.empty()) append_json_member(text_, "etag", entry.etag);
    if (!entry.last_modified.empty()) append_json_member(text_, "lastModified", entry.last_modified);
    if (!entry.outcome.empty()) append_raw(text_, "outcome", entry.outcome);
    text_ += '}';
  }
  text_ += '}';
}

std::string BundleText::finish() && {
  if (open_ != Open::none) text_ += ']';
  text_ += '}';
  return std::move(text_);
}

}  // namespace varde::interaction
