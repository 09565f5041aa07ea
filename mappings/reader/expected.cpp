#include "mappings/reader/expected.h"

#include <algorithm>
#include <memory>
#include <xercesc/framework/XMLContentModel.hpp>
#include <xercesc/util/XMLUni.hpp>
#include <xercesc/validators/common/ContentSpecNode.hpp>

#include "mappings/reader/utf16.h"

namespace varde::mappings {
namespace {

using xercesc::ContentSpecNode;
using xercesc::QName;

constexpr std::size_t kMostChildren = 500;
constexpr std::size_t kMostNames = 8;

/// Every element that the model mentions, in its order.
void leaves(const ContentSpecNode* node, std::vector<const QName*>& found) {
  if (!node) return;
  if (node->getType() == ContentSpecNode::Leaf) {
    const QName* leaf = node->getElement();
    const auto same = [&](const QName* other) { return *other == *leaf; };
    if (std::ranges::none_of(found, same)) found.push_back(leaf);
    return;
  }
  leaves(node->getFirst(), found);
  leaves(node->getSecond(), found);
}

}  // namespace

std::optional<Expected> expected(const xercesc::XMLElementDecl& declaration, const std::vector<XmlNode>& children,
                                 xercesc::XMLStringPool& namespaces) {
  if (declaration.getObjectType() != xercesc::XMLElementDecl::Schema || children.size() > kMostChildren) return {};
  auto& element = const_cast<xercesc::SchemaElementDecl&>(static_cast<const xercesc::SchemaElementDecl&>(declaration));
  const xercesc::XMLContentModel* model = element.getContentModel();
  if (!model) return {};

  std::vector<std::unique_ptr<QName>> names;
  std::vector<QName*> content;
  for (const XmlNode& child : children) {
    const auto uri = namespaces.addOrFind(to_utf16(child.ns).c_str());
    names.push_back(std::make_unique<QName>(xercesc::XMLUni::fgZeroLenString, to_utf16(child.name).c_str(), uri));
    content.push_back(names.back().get());
  }
  const unsigned int no_namespace = namespaces.addOrFind(xercesc::XMLUni::fgZeroLenString);
  /// How many of the first `count` names the model takes; `count` also when it then asks for more.
  const auto taken = [&](std::vector<QName*>& some, bool& complete) {
    XMLSize_t failing = 0;
    complete = model->validateContent(some.data(), some.size(), no_namespace, &failing);
    return complete ? some.size() : std::min<std::size_t>(failing, some.size());
  };

  bool complete = false;
  Expected found{taken(content, complete), {}};
  if (complete) return {};
  content.resize(found.index);
  std::vector<const QName*> candidates;
  leaves(element.getContentSpec(), candidates);
  for (const QName* candidate : candidates) {
    QName copy(*candidate);
    content.push_back(&copy);
    if (taken(content, complete) == content.size() && found.names.size() < kMostNames)
      found.names.push_back(to_utf8(candidate->getLocalPart()));
    content.pop_back();
  }
  return found;
}

}  // namespace varde::mappings
