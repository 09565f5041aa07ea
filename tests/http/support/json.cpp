#include "tests/http/support/json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdlib>

namespace varde::test {
namespace {

const rapidjson::Value* step_to(const rapidjson::Value& root, std::string_view path) {
  const rapidjson::Value* at = &root;
  while (!path.empty() && at) {
    if (path.front() == '.') path.remove_prefix(1);
    if (path.front() == '[') {
      const std::size_t close = path.find(']');
      const auto index = static_cast<rapidjson::SizeType>(std::atoi(std::string(path.substr(1, close - 1)).c_str()));
      at = at->IsArray() && index < at->Size() ? &(*at)[index] : nullptr;
      path.remove_prefix(close + 1);
      continue;
    }
    const std::size_t end = path.find_first_of(".[");
    const std::string name(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    at = at->IsObject() && at->HasMember(name.c_str()) ? &(*at)[name.c_str()] : nullptr;
  }
  return at;
}

}  // namespace

std::string json(std::string_view text, std::string_view path) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError()) return "not JSON";
  const rapidjson::Value* value = step_to(document, path);
  if (!value) return {};
  rapidjson::StringBuffer buffer;
  rapidjson::Writer writer(buffer);
  value->Accept(writer);
  return buffer.GetString();
}

std::string text_at(std::string_view text, std::string_view path) {
  const std::string value = json(text, path);
  return value.size() >= 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value;
}

std::size_t size_at(std::string_view text, std::string_view path) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  const rapidjson::Value* value = document.HasParseError() ? nullptr : step_to(document, path);
  return value && value->IsArray() ? value->Size() : 0;
}

std::vector<std::string> match_ids(std::string_view bundle) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < size_at(bundle, "entry"); ++i) {
    const std::string entry = "entry[" + std::to_string(i) + "]";
    if (text_at(bundle, entry + ".search.mode") == "match") out.push_back(text_at(bundle, entry + ".resource.id"));
  }
  return out;
}

std::string link(std::string_view bundle, std::string_view relation) {
  for (std::size_t i = 0; i < size_at(bundle, "link"); ++i) {
    const std::string one = "link[" + std::to_string(i) + "]";
    if (text_at(bundle, one + ".relation") == relation) return text_at(bundle, one + ".url");
  }
  return {};
}

}  // namespace varde::test
