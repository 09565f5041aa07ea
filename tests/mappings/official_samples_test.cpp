/// The official example messages and acceptance kits (Sarepta archive), which are not part of the project: every one
/// that Varde maps goes to FHIR and comes back with every value, and what comes back is valid by the official schemas.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "mappings/message.h"
#include "mappings/reader/reader.h"
#include "tests/mappings/support/files.h"
#include "tests/mappings/support/leaves.h"

namespace varde::tests {
namespace {

std::set<std::string> mapped_types() {
  std::set<std::string> codes;
  for (const auto& type : mappings::message_types())
    if (type.mapping) codes.emplace(type.code);
  return codes;
}
const std::set<std::string> kMapped = mapped_types();
/// Mapped as the others of their family; there is no sample of them that a receiver must accept.
const std::set<std::string> kWithoutSample{"DIALOG_NOTAT",
                                           "DIALOG_STATUS_HENVISNING",
                                           "DIALOG_TIL_ARKIVERING",
                                           "FRAVARSMELDING",
                                           "SVAR_MBIO",
                                           "SVAR_KKL",
                                           "SVAR_CYT",
                                           "SVAR_HIST",
                                           "HENVISNING_REHAB",
                                           "HENVISNING_BUP"};

struct Sample {
  std::string name, bytes;
  mappings::Message message;
};

/// What may differ on the way back, and why.
const std::map<std::string, std::string> kDiffers{
    {"/MsgHead/Document/RefDoc/MsgType/@DN", "text of a code that is always the same; older samples say less"},
    {"/MsgHead/MsgInfo/Patient/Sex/@DN", "text of a code of list 3101; some senders leave it out"},
};

/// base64 may be written in lines; in FHIR it is not.
Leaves without_line_breaks(Leaves all) {
  for (auto& [path, values] : all)
    if (path.ends_with("/Base64Container"))
      for (auto& value : values) std::erase_if(value, [](char c) { return c == ' ' || c == '\n' || c == '\r'; });
  return all;
}

/// Those of the mapped types that a receiver must accept.
const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = [] {
    std::vector<Sample> found;
    for (const char* folder : {"kith/samples", "kith/acceptance"})
      for (const auto& file : files(reference() / folder, ".xml")) {
        Sample sample{file.filename().string(), content(file), {}};
        sample.message = mappings::read_message(sample.bytes);
        if (kMapped.contains(sample.message.type) && sample.message.acceptable()) found.push_back(std::move(sample));
      }
    return found;
  }();
  return all;
}

class OfficialSamples : public testing::Test {
 protected:
  void SetUp() override {
    if (reference().empty()) GTEST_SKIP() << "no reference material: set VARDE_REFERENCE to check the official samples";
  }
};

/// The sample as FHIR and as a message again; told where either cannot be.
std::optional<std::string> there_and_back(const Sample& sample) {
  const auto failed = [](const Failure& failure) {
    ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
    return std::nullopt;
  };
  const auto bundle = mappings::to_fhir(sample.message, sample.bytes);
  if (!bundle) return failed(bundle.error());
  auto xml = mappings::from_fhir(bundle->root());
  if (!xml) return failed(xml.error());
  return std::move(*xml);
}

TEST_F(OfficialSamples, there_are_samples_of_every_mapped_type) {
  std::set<std::string> seen;
  for (const auto& sample : samples()) seen.insert(sample.message.type);
  seen.insert(kWithoutSample.begin(), kWithoutSample.end());
  EXPECT_EQ(seen, kMapped);
  EXPECT_GT(samples().size(), 60u);
}

TEST_F(OfficialSamples, become_fhir_that_is_valid) {
  for (const auto& sample : samples()) {
    SCOPED_TRACE(sample.name);
    const auto bundle = mappings::to_fhir(sample.message, sample.bytes);
    ASSERT_TRUE(bundle) << bundle.error().diagnostics;
    for (const auto& failure : fhir::validate(bundle->root()))
      ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
  }
}

TEST_F(OfficialSamples, come_back_valid_by_the_official_schemas) {
  for (const auto& sample : samples()) {
    SCOPED_TRACE(sample.name);
    const auto xml = there_and_back(sample);
    if (!xml) continue;
    std::string complaints;
    EXPECT_TRUE(officially_valid(*xml, complaints)) << complaints << *xml;
  }
}

/// Canonical XML, but for white space between elements: name, attributes in whatever order, words, children in order.
std::string canonical(const mappings::XmlNode& node, const std::string& path) {
  auto attributes = node.attributes;
  std::erase_if(attributes, [&](const auto& each) { return kDiffers.contains(path + "/@" + each.first); });
  std::ranges::sort(attributes);
  std::string out = "<{" + node.ns + "}" + node.name;
  for (const auto& [name, value] : attributes) out += " " + name + "=\"" + value + "\"";
  out += ">";
  if (!node.markup.empty()) return out + node.markup + "</>\n";
  const bool words = node.text.find_first_not_of(" \t\r\n") != std::string::npos;
  std::string text = words ? node.text : std::string();
  if (node.name == "Base64Container") std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r'; });
  out += text + "\n";
  for (const auto& child : node.children) out += canonical(child, path + "/" + child.name);
  return out + "</>\n";
}

/// The first line in which two texts part.
std::string parting(const std::string& a, const std::string& b) {
  const auto at = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  const auto begin = a.rfind('\n', at == 0 ? 0 : at - 1);
  const auto from = begin == std::string::npos ? 0 : begin + 1;
  return "sent: " + a.substr(from, 200) + "\n  came back: " + b.substr(std::min(from, b.size()), 200);
}

/// Every sample that is valid by its schema, whatever else a receiver would say of it.
TEST_F(OfficialSamples, come_back_equal_by_canonical_xml) {
  for (const auto& sample : samples()) {
    SCOPED_TRACE(sample.name);
    const auto xml = there_and_back(sample);
    if (!xml) continue;
    const auto again = mappings::message_reader().read(*xml);
    const std::string root = "/" + again.root.name;
    const auto before = canonical(sample.message.document, root), after = canonical(again.root, root);
    if (before != after) ADD_FAILURE() << parting(before, after);
  }
}

TEST_F(OfficialSamples, come_back_with_every_value) {
  for (const auto& sample : samples()) {
    SCOPED_TRACE(sample.name);
    const auto xml = there_and_back(sample);
    if (!xml) continue;
    const auto again = mappings::message_reader().read(*xml);
    const auto before = without_line_breaks(leaves(sample.message.document)),
               after = without_line_breaks(leaves(again.root));
    for (const auto& [path, values] : before) {
      if (kDiffers.contains(path)) continue;
      const auto found = after.find(path);
      if (found == after.end()) {
        ADD_FAILURE() << "lost: " << path << " = " << values.front();
      } else if (found->second != values) {
        ADD_FAILURE() << "changed: " << path << " = " << values.front() << " -> " << found->second.front() << " ("
                      << values.size() << " -> " << found->second.size() << ")";
      }
    }
    for (const auto& [path, values] : after)
      if (!before.contains(path) && !kDiffers.contains(path))
        ADD_FAILURE() << "added: " << path << " = " << values.front();
  }
}

}  // namespace
}  // namespace varde::tests
