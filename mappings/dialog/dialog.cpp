/// Dialogue messages, 1.0 and 1.1 <-> Composition, a section per question or note, and the words in
/// Communication.payload. Sources: HIS 80603:2006 (1.0), HIS 80603:2017 (1.1), HIS 1151 and 1152 (question, answer),
/// HIS 1077:2017.
#include <array>

#include "mappings/rows/mapping.h"
#include "mappings/rows/section.h"

namespace varde::mappings {
namespace {

using namespace rows;

// clang-format off
constexpr std::array kVersions10{
    MessageVersion{"1.0", "Dialogmelding", "http://www.kith.no/xmlstds/dialog/2006-10-11", "1.0"}};
constexpr std::array kVersions11{
    MessageVersion{"1.1", "Dialogmelding", "http://www.kith.no/xmlstds/dialog/2013-01-23", "1.1"}};

const std::array kDialogueRows{
    //  message          FHIR                   card            conversion
    Row{"SakstypeKodet", "Composition.category", Card::optional, coded_cv},
    Row{"Sakstype",      "Composition.content()", Card::optional, fragment},
    Row{"Foresporsel",   "Composition.section", Card::many,     section_fragment},
    Row{"Notat",         "Composition.section", Card::many,     section_fragment},
};

struct Words {
  std::string_view holder, element;
};
/// Where the words stand that a reader of the conversation wants.
constexpr std::array kWords{
    Words{"Foresporsel", "EmneSporsmal"},
    Words{"Foresporsel", "Sporsmal"},
    Words{"Foresporsel", "Begrunnelse"},
    Words{"Notat",       "Tema"},
    Words{"Notat",       "TekstNotatInnhold"},
    Words{"Notat",       "Merknad"},
};
// clang-format on

std::string text_below(const XmlNode& node) {
  std::string text = node.text;
  for (const XmlNode& child : node.children) text += (text.empty() ? "" : "\n") + text_below(child);
  return text;
}

void say(Inbound& inbound) {
  const XmlNode* payload = inbound.message.payload();
  if (!payload) return;
  for (const XmlNode& each : payload->children)
    for (const auto& words : kWords) {
      const XmlNode* said = each.name == words.holder ? each.child(words.element) : nullptr;
      const auto text = said ? text_below(*said) : std::string();
      if (text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
      inbound.resource("Communication").add("payload").add("contentString", text);
    }
}

}  // namespace

const Mapping kDialogue10{kVersions10, kDialogueRows, true, say};
const Mapping kDialogue11{kVersions11, kDialogueRows, true, say};

}  // namespace varde::mappings
