#include "server/access/scope.h"

#include <array>
#include <utility>

#include "fhir-model/text/percent.h"

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

constexpr std::size_t kMostParameters = 8, kLongestValue = 200;

bool is_told_apart(fhir::TypeId type, std::string_view name) {
  const fhir::SearchParameterRow* const row = name == "_id" ? nullptr : fhir::find_search_parameter(type, name);
  return row && row->kind == fhir::SearchKind::token;
}

/// nullopt: not all of it can be told apart here.
std::optional<SearchParameters> parameters_in(std::string_view query, fhir::TypeId type) {
  SearchParameters out;
  for (std::size_t at = 0; at <= query.size();) {
    const std::string_view one = query.substr(at, query.find('&', at) - at);
    const std::size_t sign = one.find('=');
    const auto name = fhir::text::percent_decoded(one.substr(0, sign), fhir::text::Plus::stays);
    const auto value =
        sign == one.npos ? std::nullopt : fhir::text::percent_decoded(one.substr(sign + 1), fhir::text::Plus::stays);
    if (!name || !value || value->empty() || value->size() > kLongestValue || !is_told_apart(type, *name))
      return std::nullopt;
    if (out.size() == kMostParameters) return std::nullopt;
    out.emplace_back(*name, *value);
    at += one.size() + 1;
  }
  return out;
}

}  // namespace

std::optional<Scope> read_scope(std::string_view text) {
  const std::size_t mark = text.find('?');
  const std::string_view plain = text.substr(0, mark);
  const std::size_t slash = plain.find('/');
  const std::size_t dot = plain.find('.', slash == plain.npos ? 0 : slash);
  if (slash == plain.npos || dot == plain.npos) return std::nullopt;
  const auto context = context_of(plain.substr(0, slash));
  const std::string_view type = plain.substr(slash + 1, dot - slash - 1);
  const auto rights = rights_in(plain.substr(dot + 1));
  const fhir::TypeId named = type == "*" ? fhir::TypeId::none : fhir::find_resource_type(type);
  if (!context || !rights || (type != "*" && named == fhir::TypeId::none)) return std::nullopt;
  if (mark == text.npos) return Scope{*context, named, *rights};
  auto only = named == fhir::TypeId::none ? std::nullopt : parameters_in(text.substr(mark + 1), named);
  if (!only) return std::nullopt;
  return Scope{*context, named, *rights, std::move(*only)};
}

}  // namespace varde::access
