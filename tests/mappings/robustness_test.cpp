/// Whatever is left out or bent, the mapping answers with a message, a Bundle or a failure that says where; it never
/// throws.
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "mappings/message.h"
#include "tests/mappings/support/files.h"

namespace varde::tests {
namespace {

using fhir::Editor;
using fhir::Element;

void collect(Element element, std::vector<std::uint32_t>& nodes) {
  for (const Element child : element.children()) {
    nodes.push_back(child.node());
    collect(child, nodes);
  }
}

TEST(Robustness, a_bundle_with_any_one_element_gone_becomes_a_message_or_a_failure) {
  for (const auto& file : files(source() / "tests" / "mappings", ".json")) {
    const auto whole = fhir::parse_json(content(file));
    ASSERT_TRUE(whole);
    std::vector<std::uint32_t> nodes;
    collect(whole->root(), nodes);
    for (std::size_t i = 0; i < nodes.size(); i += 3) {
      fhir::Tree copy = *fhir::parse_json(content(file));
      const Element gone(copy, nodes[i]);
      const std::string path = gone.path();
      Editor parent = copy.edit().edit(gone.parent());
      parent.remove_child(gone);
      const auto xml = mappings::from_fhir(copy.root());
      EXPECT_TRUE(xml || !xml.error().diagnostics.empty()) << path;
    }
  }
}

TEST(Robustness, a_message_with_any_one_element_gone_becomes_fhir_or_a_failure) {
  const auto remove = [](auto&& self, mappings::XmlNode& node, std::size_t& countdown) -> bool {
    for (auto child = node.children.begin(); child != node.children.end(); ++child) {
      if (countdown-- == 0) {
        node.children.erase(child);
        return true;
      }
      if (self(self, *child, countdown)) return true;
    }
    return false;
  };
  for (const auto& file : files(source() / "tests" / "mappings", ".xml")) {
    const std::string bytes = content(file);
    const auto whole = mappings::read_message(bytes);
    for (std::size_t nth = 0;; ++nth) {
      auto message = whole;
      std::size_t countdown = nth;
      if (!remove(remove, message.document, countdown)) break;
      const auto bundle = mappings::to_fhir(message, bytes);
      EXPECT_TRUE(bundle || !bundle.error().diagnostics.empty());
      if (bundle) (void)mappings::from_fhir(bundle->root());
    }
  }
}

TEST(Robustness, the_faulty_messages_of_the_acceptance_kits_become_fhir_or_a_failure) {
  if (reference().empty()) GTEST_SKIP() << "no reference material: set VARDE_REFERENCE";
  std::size_t mapped = 0;
  for (const auto& file : files(reference() / "kith", ".xml")) {
    const std::string bytes = content(file);
    const auto message = mappings::read_message(bytes);
    SCOPED_TRACE(file.string());
    mapped += mappings::to_fhir(message, bytes).has_value();
  }
  EXPECT_GT(mapped, 100u);
}

TEST(Robustness, a_message_larger_than_any_real_one_is_refused) {
  auto message = mappings::read_message(content(source() / "tests/mappings/log_dod/dod_1.6.xml"));
  mappings::XmlNode filler;
  filler.name = "Ident";
  for (auto& child : message.document.children.front().children)
    if (child.name == "Patient") child.children.assign(30'000, filler);
  const auto bundle = mappings::to_fhir(message, "");
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().fault, Fault::too_large);
}

}  // namespace
}  // namespace varde::tests
