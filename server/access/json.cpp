#include "server/access/json.h"

#include <cstdlib>
#include <new>

namespace varde::access {
namespace {

bool is_deeper(const json_t* json, int depth) {
  if (depth == 0) return json_is_object(json) || json_is_array(json);
  if (json_is_object(json)) {
    for (void* at = json_object_iter(const_cast<json_t*>(json)); at;
         at = json_object_iter_next(const_cast<json_t*>(json), at))
      if (is_deeper(json_object_iter_value(at), depth - 1)) return true;
  }
  for (std::size_t i = 0; i < json_array_size(json); ++i)
    if (is_deeper(json_array_get(json, i), depth - 1)) return true;
  return false;
}

}  // namespace

std::optional<Json> Json::object(std::string_view text, int depth) {
  json_error_t error;
  Json out;
  out.value_.reset(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, &error));
  if (!json_is_object(out.get()) || is_deeper(out.get(), depth)) return std::nullopt;
  return out;
}

Json Json::of(std::initializer_list<std::pair<const char*, std::string_view>> members) {
  Json out;
  out.value_.reset(json_object());
  for (const auto& [name, text] : members)
    if (!text.empty()) out.set(name, text);
  return out;
}

void Json::set(const char* name, std::string_view text) {
  json_object_set_new(get(), name, json_stringn(text.data(), text.size()));
}
void Json::set(const char* name, std::int64_t number) { json_object_set_new(get(), name, json_integer(number)); }
void Json::set(const char* name, const Json& object) { json_object_set(get(), name, object.get()); }
void Json::set_flag(const char* name, bool yes) { json_object_set_new(get(), name, json_boolean(yes)); }
void Json::set_texts(const char* name, std::initializer_list<std::string_view> texts) {
  json_t* const array = json_array();
  for (const std::string_view text : texts) json_array_append_new(array, json_stringn(text.data(), text.size()));
  json_object_set_new(get(), name, array);
}

std::string Json::compact() const {
  struct Freed {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Freed> text(json_dumps(get(), JSON_COMPACT));
  if (!text) throw std::bad_alloc();
  return text.get();
}

std::string Json::text(const std::string& name) const {
  const json_t* const member = json_object_get(get(), name.c_str());
  return json_is_string(member) ? std::string(json_string_value(member), json_string_length(member)) : std::string();
}

std::optional<std::int64_t> Json::number(const std::string& name) const {
  const json_t* const member = json_object_get(get(), name.c_str());
  if (!json_is_integer(member)) return std::nullopt;
  return json_integer_value(member);
}

std::vector<std::string> Json::texts(const std::string& name) const {
  json_t* const member = json_object_get(get(), name.c_str());
  if (json_is_string(member)) return {text(name)};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < json_array_size(member); ++i) {
    const json_t* const one = json_array_get(member, i);
    if (!json_is_string(one)) return {};
    out.emplace_back(json_string_value(one), json_string_length(one));
  }
  return out;
}

Json Json::member(const std::string& name) const {
  json_t* const found = json_object_get(get(), name.c_str());
  return json_is_object(found) ? Json(found) : Json();
}

std::vector<Json> Json::members(const std::string& name) const {
  json_t* const array = json_object_get(get(), name.c_str());
  std::vector<Json> out;
  for (std::size_t i = 0; i < json_array_size(array); ++i)
    if (json_t* const one = json_array_get(array, i); json_is_object(one)) out.push_back(Json(one));
  return out;
}

}  // namespace varde::access
