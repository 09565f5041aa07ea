#include "server/messaging/same_content.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fhir-model/text/trim.h"
#include "mappings/message.h"
#include "mappings/msghead/signature.h"

namespace varde::messaging {
namespace {

using mappings::XmlNode;

bool is_blank(char c) { return fhir::text::kXmlBlanks.find(c) != std::string_view::npos; }

/// Blanks count where they part words, not how many they are.
std::string words_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_blank(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool has_same_attributes(const XmlNode& one, const XmlNode& other) {
  return one.attributes.size() == other.attributes.size() &&
         std::ranges::is_permutation(one.attributes, other.attributes);
}

std::vector<const XmlNode*> unsigned_children(const XmlNode& node) {
  std::vector<const XmlNode*> out;
  for (const auto& child : node.children)
    if (child.ns != mappings::msghead::kSignatureNamespace) out.push_back(&child);
  return out;
}

bool is_same(const XmlNode& one, const XmlNode& other) {
  if (one.ns != other.ns || one.name != other.name || !has_same_attributes(one, other)) return false;
  if (one.base64() != other.base64() && words_of(one.base64()) != words_of(other.base64())) return false;
  if (words_of(one.markup) != words_of(other.markup)) return false;
  return std::ranges::equal(unsigned_children(one), unsigned_children(other),
                            [](const XmlNode* a, const XmlNode* b) { return is_same(*a, *b); });
}

}  // namespace

bool is_same_content(std::string_view one, std::string_view other) {
  if (one == other) return true;
  const auto first = mappings::read_message(one), second = mappings::read_message(other);
  if (!first.well_formed || !second.well_formed) return first.well_formed == second.well_formed;
  return is_same(first.document, second.document);
}

}  // namespace varde::messaging
