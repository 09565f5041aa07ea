/// EPJ-EKSTRAKT: an extract of a record, one Document for the tree of its parts and one for each part. A part <-> a
/// Composition section coded with its element; medicines <-> MedicationStatement.
/// Sources: HIS 1150:2014 (medication), HIS 80710 (components and their kinds).
#include <algorithm>
#include <array>
#include <utility>

#include "mappings/plo/components.h"
#include "mappings/rows/digest.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"

namespace varde::mappings::plo {
namespace {

using fhir::Editor;
using fhir::Element;

// clang-format off
const std::array kExtractRows{Row{"*", "Composition.content()", Card::many, fragment}};

/// What is said of the Document that a part stands in.
const std::array kPartDocumentRows{
    //  message               FHIR                            card            conversion
    Row{"DocumentConnection", "extension(document).content()", Card::optional, fragment},
    Row{"RefDoc/IssueDate",   "extension(document).content()", Card::optional, fragment},
    Row{"RefDoc/Id",          "extension(document).content()", Card::optional, fragment},
    Row{"RefDoc/Description", "extension(document).content()", Card::optional, fragment},
};
const std::array kPartRows{
    Row{"",               "",                    Card::one,  nested, kComponentHead},
    Row{"*",              "section",             Card::many, section_fragment},
};
const std::array kMedicineRows{
    Row{"Legemiddelinfo", "MedicationStatement", Card::many, resource, kMedication, "Legemiddelinfo"},
};
const std::array kMedicinesRows{
    Row{"",               "",                    Card::one,  nested, kComponentHead},
    Row{"",               "",                    Card::one,  nested, kMedicineRows},
    Row{"*",              "section",             Card::many, section_fragment},
};
/// Of sections that others write.
const std::array kNoteRows{
    Row{"GenereltJournalnotat/Journaltekst", "Composition.section", Card::many, plain_section},
};

struct Part {
  std::string_view root, ns;
  std::string_view kind;  ///< komponenttype of its Node
  std::string_view category;
  Rows rows;
  Rows made;  ///< of a Bundle that has no section for it
};
constexpr std::string_view kNode = "Node", kNodeNs = "http://www.kith.no/xmlstds/epj/EPJEkstrakt/2008-02-20";
const std::array kParts{
    Part{"Cave",       "http://www.kith.no/xmlstds/epj/epj1/2008-02-20", "2.16.578.1.12.4.1.6.14.50001.0", "Cave/allergier", kPartRows,      {}},
    Part{"Notater",    "http://www.kith.no/xmlstds/epj/epj2/2008-02-20", "2.16.578.1.12.4.1.6.14.50301.0", "Andre notater",  kPartRows,      kNoteRows},
    Part{"Legemidler", "http://www.kith.no/xmlstds/epj/epj3/2008-02-20", "2.16.578.1.12.4.1.6.14.50302.0", "Legemidler",     kMedicinesRows, kMedicineRows},
};
constexpr std::string_view kMedicines = "Legemidler";
constexpr std::string_view kExtractKind = "2.16.578.1.12.4.1.6.14.901.0";

constexpr std::array kRecordExtractVersions{MessageVersion{"1.0", kNode, kNodeNs, "1.0"}};
// clang-format on

const Part* part_named(std::string_view root) {
  const auto* part = std::ranges::find(kParts, root, &Part::root);
  return part == kParts.end() ? nullptr : part;
}

// --- to FHIR -------------------------------------------------------------------------------------------------------

/// One line for each medicine: what, and how it is taken.
std::string medicines_in_words(const Inbound& inbound) {
  std::string words;
  for (const Editor medicine : inbound.all("MedicationStatement")) {
    if (!words.empty()) words += '\n';
    words += medicine["medicationCodeableConcept"]["text"].value();
    if (const auto dose = medicine["dosage"]["text"].value(); !dose.empty()) words.append(": ").append(dose);
  }
  return words.empty() ? "(ingen)" : words;
}

void read_part(Inbound& inbound, const XmlNode& document, const XmlNode& payload) {
  const Part* part = part_named(payload.name);
  Editor section = inbound.resource("Composition").add("section");
  section.add("title", label(payload.name));
  Editor coding = section.add("code").add("coding");
  coding.add("system", kElementSystem);
  coding.add("code", payload.name);
  Editor ns = section.add("extension");
  ns.add("url", extension_url("namespace"));
  ns.add("valueUri", payload.ns);
  read(inbound, kPartDocumentRows, document, section);
  read(inbound, part ? part->rows : Rows(kPartRows), payload, section);
  if (section["section"]) return;
  set_narrative(section, payload.name == kMedicines ? medicines_in_words(inbound) : "(tom)", "additional");
}

void derive_extract(Inbound& inbound) {
  bool first = true;
  for (const XmlNode* document : inbound.message.document.all("Document"))
    for (const XmlNode* content : document->all("RefDoc/Content"))
      for (const XmlNode& payload : content->children)
        if (payload.name != "Base64Container" && !std::exchange(first, false)) read_part(inbound, *document, payload);
}

// --- to the message ------------------------------------------------------------------------------------------------

XmlNode leaf(std::string_view name, std::string_view value) {
  XmlNode node;
  node.name = name, node.text = value;
  return node;
}

std::string_view element_of(Element section) {
  for (const Element coding : section["code"].each("coding"))
    if (coding["system"].value() == kElementSystem) return coding["code"].value();
  return {};
}

/// The first Document says when; the others too, where nothing else is known.
XmlNode document_around(XmlNode document, XmlNode payload, const XmlNode& msg_head) {
  if (document.children.empty() || !document.child("RefDoc")) document.children.push_back(leaf("RefDoc", ""));
  auto& about = *std::ranges::find(document.children, "RefDoc", &XmlNode::name);
  const XmlNode* issued = msg_head.find("Document/RefDoc/IssueDate");
  if (!about.child("IssueDate") && issued) about.children.push_back(*issued);
  XmlNode type = leaf("MsgType", ""), content = leaf("Content", "");
  type.attributes = {{"V", "XML"}, {"DN", "XML-instans"}};
  content.children.push_back(std::move(payload));
  about.children.push_back(std::move(type));
  about.children.push_back(std::move(content));
  return document;
}

void give_id(XmlNode& payload, std::string_view msg_id, std::size_t number) {
  if (payload.attribute("komponentID").empty())
    payload.attributes.emplace_back("komponentID", uuid_v5(msg_id, payload.name + std::to_string(number)));
}

/// Parts that have a section, in their order, then those that only resources or plain sections speak of.
std::vector<XmlNode> written_parts(Outbound& outbound, const XmlNode& msg_head) {
  std::vector<XmlNode> documents;
  std::vector<std::string_view> seen;
  const std::string_view msg_id = msg_head.at("MsgInfo/MsgId");
  for (const Element section : outbound.resource("Composition").each("section")) {
    const auto name = element_of(section);
    const Part* part = part_named(name);
    const auto ns = section.extension(extension_url("namespace"))["valueUri"].value();
    if (name.empty() || (!part && ns.empty())) continue;
    XmlNode payload = leaf(name, ""), document = leaf("Document", "");
    payload.ns = part ? part->ns : ns;
    // Medicines stand in the first part that holds them.
    const bool again = std::ranges::find(seen, name) != seen.end();
    write(outbound, part && !again ? part->rows : Rows(kPartRows), section, payload);
    write(outbound, kPartDocumentRows, section, document);
    give_id(payload, msg_id, documents.size());
    documents.push_back(document_around(std::move(document), std::move(payload), msg_head));
    seen.push_back(name);
  }
  for (const Part& part : kParts) {
    XmlNode payload = leaf(part.root, "");
    payload.ns = part.ns;
    if (std::ranges::find(seen, part.root) != seen.end() || part.made.empty() ||
        !write(outbound, part.made, outbound.resource("Composition"), payload))
      continue;
    give_id(payload, msg_id, documents.size());
    documents.push_back(document_around(leaf("Document", ""), std::move(payload), msg_head));
  }
  return documents;
}

XmlNode node_of(std::string_view kind, std::string_view category, std::string_view id) {
  XmlNode node = leaf(kNode, "");
  node.ns = kNodeNs;
  node.attributes = {
      {"basiskomponenttype", "EPJ sak"}, {"komponenttype", std::string(kind)}, {"komponentID", std::string(id)}};
  if (!category.empty()) node.attributes.emplace_back("informasjonskategori", category);
  return node;
}

/// An extract that tells nothing would read as: takes no medicines. What is attached tells something.
Result<void> write_further(Outbound& outbound, XmlNode& msg_head) {
  auto documents = written_parts(outbound, msg_head);
  if (documents.empty() && msg_head.all("Document").size() == 1)
    return fail(Fault::business_rule,
                "Et EPJ-ekstrakt uten innhold sendes ikke: det trenger legemidler, et notat eller et vedlegg. | An "
                "extract with nothing in it is not sent: it needs medicines, a note or an attachment.",
                "Bundle.entry.resource.ofType(Composition).section");
  const auto first = std::ranges::find(msg_head.children, "Document", &XmlNode::name);
  auto& about = *std::ranges::find(first->children, "RefDoc", &XmlNode::name);
  auto& content = *std::ranges::find(about.children, "Content", &XmlNode::name);
  XmlNode& tree = content.children.front();
  if (tree.attributes.empty()) {  // others leave the tree to us
    tree = node_of(kExtractKind, "Legemidler", uuid_v5(msg_head.at("MsgInfo/MsgId"), kNode));
    for (const XmlNode& document : documents) {
      const XmlNode& payload = document.find("RefDoc/Content")->children.front();
      if (const Part* part = part_named(payload.name))
        tree.children.push_back(node_of(part->kind, part->category, payload.attribute("komponentID")));
    }
  }
  msg_head.children.insert(first + 1, std::make_move_iterator(documents.begin()),
                           std::make_move_iterator(documents.end()));
  return {};
}

}  // namespace
}  // namespace varde::mappings::plo

namespace varde::mappings {
using namespace plo;

const rows::Mapping kRecordExtract{kRecordExtractVersions, kExtractRows, true, derive_extract, nullptr, write_further};

}  // namespace varde::mappings
