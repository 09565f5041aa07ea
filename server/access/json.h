#pragma once
/// @file server/access/json.h
/// The JSON of tokens and keys, read by the library that the JOSE library reads them with: what one of them sees, the
/// other does. Names that come twice are refused.
#include <jansson.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varde::access {

class Json {
 public:
  Json() = default;
  /// An object; nullopt for anything else. Nested at most `depth`.
  static std::optional<Json> object(std::string_view text, int depth = 16);
  /// One of our own making: members of text; those that are empty are left out.
  static Json of(std::initializer_list<std::pair<const char*, std::string_view>> members);
  void set(const char* name, std::string_view text);
  void set(const char* name, std::int64_t number);
  void set(const char* name, const Json& object);
  void set_flag(const char* name, bool yes);
  void set_texts(const char* name, std::initializer_list<std::string_view> texts);
  std::string compact() const;  ///< as text

  bool has(const std::string& name) const { return json_object_get(value_.get(), name.c_str()) != nullptr; }
  /// Of a string; empty otherwise.
  std::string text(const std::string& name) const;
  /// Of a whole number; nullopt otherwise.
  std::optional<std::int64_t> number(const std::string& name) const;
  /// Of a string (one), or of an array of strings alone; empty otherwise.
  std::vector<std::string> texts(const std::string& name) const;
  /// The member, where it is an object.
  Json member(const std::string& name) const;
  std::vector<Json> members(const std::string& name) const;  ///< of an array, its objects
  explicit operator bool() const { return value_ != nullptr; }
  json_t* get() const { return value_.get(); }

 private:
  struct Release {
    void operator()(json_t* json) const { json_decref(json); }
  };
  explicit Json(json_t* borrowed) : value_(json_incref(borrowed)) {}
  std::unique_ptr<json_t, Release> value_;
};

}  // namespace varde::access
