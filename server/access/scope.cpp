#include "server/access/scope.h"

#include <array>
#include <utility>

namespace varde::access {
namespace {

std::optional<Scope::Context> context_of(std::string_view word) {
  if (word == "patient") return Scope::Context::patient;
  if (word == "user") return Scope::Context::user;
  if (word == "system") return Scope::Context::system;
  return std::nullopt;
}

/// "rs" or any of "cruds" in that order, each once; of version 1 read, write and *.
std::optional<Rights> rights_in(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFirstVersion{
      {{"read", "rs"}, {"write", "cud"}, {"*", "cruds"}}};
  for (const auto& [name, letters] : kFirstVersion)
    if (word == name) return rights_of(letters);
  std::size_t last = 0;
  for (const char letter : word) {
    const std::size_t at = std::string_view("cruds").find(letter, last);
    if (at == std::string_view::npos) return std::nullopt;
    last = at + 1;
  }
  return word.empty() ? std::nullopt : std::optional(rights_of(word));
}

}  // namespace

std::optional<Scope> read_scope(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::size_t dot = text.find('.', slash == std::string_view::npos ? 0 : slash);
  if (slash == std::string_view::npos || dot == std::string_view::npos) return std::nullopt;
  const auto context = context_of(text.substr(0, slash));
  const std::string_view type = text.substr(slash + 1, dot - slash - 1);
  const auto rights = rights_in(text.substr(dot + 1));
  const fhir::TypeId named = type == "*" ? fhir::TypeId::none : fhir::find_resource_type(type);
  if (!context || !rights || (type != "*" && named == fhir::TypeId::none)) return std::nullopt;
  return Scope{*context, named, *rights};
}

}  // namespace varde::access
