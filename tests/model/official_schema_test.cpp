/// The tables against FHIR's own XML schema (fhir-single.xsd), which was made from the same definitions by others:
/// every type has the elements that the schema has, in the schema's order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

#include "fhir-model/definitions/definitions.h"
#include "tests/model/support/reference.h"

namespace varde::fhir {
namespace {

using Names = std::vector<std::string>;

/// complexType name -> the names of its own elements.
std::map<std::string, Names> types_of(const std::string& schema) {
  std::map<std::string, Names> out;
  const std::regex line(
      R"re(<xs:(complexType) name="([^"]+)"|</xs:(complexType)|<xs:element (?:name|ref)="(?:xhtml:)?([^"]+)")re");
  Names* open = nullptr;
  for (std::sregex_iterator at(schema.begin(), schema.end(), line), end; at != end; ++at) {
    if ((*at)[1] == "complexType")
      open = &out[(*at)[2]];
    else if ((*at)[3].matched)
      open = nullptr;
    else if (open)
      open->push_back((*at)[4]);
  }
  return out;
}

/// "Claim.item.detail" is Claim.Detail in the schema, unless several of the resource's elements would share that.
std::string schema_name(std::string_view type) {
  const std::size_t first = type.find('.'), last = type.rfind('.');
  if (first == std::string_view::npos) return std::string(type);
  std::string out(type.substr(0, first + 1));
  out += static_cast<char>(std::toupper(static_cast<unsigned char>(type[last + 1])));
  return out.append(type.substr(last + 2));
}

/// Without those of its base type, and without attributes.
Names own_elements(const TypeRow& type) {
  Names out;
  for (const ElementRow& row : elements_of(find_type(type.name)))
    if (!row.attribute && (type.base == TypeId::none || !find_element(type.base, row.name))) out.emplace_back(row.name);
  return out;
}

TEST(OfficialSchema, has_the_same_elements_in_the_same_order) {
  const auto file = test::reference("fhir/fhir-single.xsd");
  VARDE_NEEDS_REFERENCE("fhir/fhir-single.xsd", file);
  const auto schema = types_of(test::read_file(*file));
  std::size_t compared = 0, elements = 0;
  for (const TypeRow& type : types()) {
    if (type.kind == TypeKind::primitive || type.name == "BackboneElement" || type.name == "Element") continue;
    const auto found = schema.find(schema_name(type.name));
    if (found == schema.end() || found->second.empty()) continue;
    const Names ours = own_elements(type);
    if (schema_name(type.name) != type.name && std::ranges::count_if(types(), [&](const TypeRow& other) {
                                                 return schema_name(other.name) == schema_name(type.name);
                                               }) > 1)
      continue;  // the schema numbers them
    EXPECT_EQ(ours, found->second) << type.name;
    ++compared;
    elements += ours.size();
  }
  EXPECT_GT(compared, 550u);
  EXPECT_GT(elements, 4000u);
}

}  // namespace
}  // namespace varde::fhir
