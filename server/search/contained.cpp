#include "server/search/contained.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "server/search/ranges.h"
#include "server/storage/search/rows.h"

namespace varde::search {
namespace {

using storage::ParameterKey;
using Keys = std::vector<ParameterKey>;

Keys keys_within(const Keys& reference, const Keys& inner) {
  Keys out;
  for (const ParameterKey outer : reference)
    for (const ParameterKey key : inner) out.push_back(key_within(outer, key));
  return out;
}

/// Those that were asked for, by the keys of the reference and what they are made of.
template <class What, class Make>
const Parameter& one_of(const Keys& reference, const What& what, const Make& make) {
  static std::mutex mutex;
  static std::map<std::pair<Keys, What>, std::unique_ptr<const Parameter>> made;
  const std::scoped_lock lock(mutex);
  auto& one = made[{reference, what}];
  if (!one) one = std::make_unique<const Parameter>(make());
  return *one;
}

/// Without what makes rows, and without what is said of the resource that it is a parameter of.
Parameter within(const Keys& reference, const Parameter& inner) {
  Parameter out;
  out.code = inner.code, out.kind = inner.kind, out.targets = inner.targets, out.target_types = inner.target_types;
  out.only = inner.only, out.ignores_case = inner.ignores_case, out.codes_only = inner.codes_only;
  out.keys = keys_within(reference, inner.keys);
  out.identifier_keys = keys_within(reference, inner.identifier_keys);
  out.text_keys = keys_within(reference, inner.text_keys);
  out.long_keys = keys_within(reference, inner.long_keys);
  return out;
}

}  // namespace

ParameterKey key_within(ParameterKey reference, ParameterKey inner) {
  const auto text = [](ParameterKey key) { return std::to_string(static_cast<std::uint32_t>(key)); };
  return storage::parameter_key(text(reference) + "#", text(inner));
}

ParameterKey type_key_within(ParameterKey reference, fhir::TypeId type) {
  return key_within(reference, storage::parameter_key("#", fhir::row_of(type).name));
}

const Parameter& parameter_within(const Keys& reference, const Parameter& inner) {
  std::vector<Parameter::Component> components = inner.components;
  for (Parameter::Component& component : components)
    component.parameter = &parameter_within(reference, *component.parameter);
  return one_of(reference, &inner, [&] {
    Parameter out = within(reference, inner);
    out.components = std::move(components);
    return out;
  });
}

const Parameter& holder_of(const Keys& reference, fhir::TypeId type) {
  return one_of(reference, type, [&] {
    Parameter out;
    out.code = "_contained", out.kind = fhir::SearchKind::token;
    for (const ParameterKey key : reference) out.keys.push_back(type_key_within(key, type));
    return out;
  });
}

fhir::Element contained_in(fhir::Element resource, std::string_view reference) {
  if (reference.size() < 2 || !reference.starts_with('#')) return {};
  for (const fhir::Element contained : resource.each("contained"))
    if (contained["id"].value() == reference.substr(1)) return contained;
  return {};
}

bool may_be_contained(const Keys& keys, const storage::Snapshot& snapshot) {
  return std::ranges::any_of(keys, [&](ParameterKey key) {
    const Range range = text_range(Walk::uris, key, "#", "$");
    return storage::RangeRows(snapshot, {.range = range, .first = 1}).next();
  });
}

}  // namespace varde::search
