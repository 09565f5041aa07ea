#include "server/storage/keys.h"

#include <unordered_map>
#include <vector>

namespace varde::storage {
namespace {

struct TypeKeys {
  std::vector<TypeKey> by_type;  // index: TypeId
  std::unordered_map<TypeKey, fhir::TypeId> by_key;
};

const TypeKeys& type_keys() {
  static const TypeKeys keys = [] {
    TypeKeys made;
    const auto types = fhir::types();
    made.by_type.resize(types.size(), TypeKey::none);
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (types[i].kind != fhir::TypeKind::resource) continue;
      made.by_type[i] = type_key(types[i].name);
      made.by_key.emplace(made.by_type[i], static_cast<fhir::TypeId>(i));
    }
    return made;
  }();
  return keys;
}

}  // namespace

TypeKey type_key(fhir::TypeId type) {
  const auto& keys = type_keys().by_type;
  const auto index = static_cast<std::size_t>(type);
  return index < keys.size() ? keys[index] : TypeKey::none;
}

fhir::TypeId type_of(TypeKey key) {
  const auto& keys = type_keys().by_key;
  const auto found = keys.find(key);
  return found == keys.end() ? fhir::TypeId::none : found->second;
}

}  // namespace varde::storage
