#include "mappings/reader/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <xercesc/framework/XMLErrorCodes.hpp>
#include <xercesc/framework/XMLValidityCodes.hpp>

namespace varde::mappings {
namespace {

using xercesc::XMLErrs;
using xercesc::XMLValid;

/// {0} and {1}: the names that Xerces quotes first and second.
struct Phrase {
  unsigned int code;
  std::string_view words;
};

// clang-format off
constexpr std::array kSchemaPhrases{
    Phrase{XMLValid::ElementNotDefined,          "The element {0} is not defined in this namespace."},
    Phrase{XMLValid::AttNotDefined,              "The attribute {0} is not defined."},
    Phrase{XMLValid::AttNotDefinedForElement,    "The attribute {0} is not allowed here."},
    Phrase{XMLValid::RequiredAttrNotProvided,    "The attribute {0} is missing."},
    Phrase{XMLValid::ElementNotValidForContent,  "The element {0} is not expected in this place, or once too often."},
    Phrase{XMLValid::NotEnoughElemsForCM,        "A mandatory element is missing at the end."},
    Phrase{XMLValid::EmptyNotValidForContent,    "The element is empty, but has mandatory elements."},
    Phrase{XMLValid::NoCharDataInCM,             "Text is not allowed here, only elements."},
    Phrase{XMLValid::NonWSContent,               "Text is not allowed here, only elements."},
    Phrase{XMLValid::DatatypeError,              "The value does not have the form that its type demands."},
    Phrase{XMLValid::DatatypeValidationFailure,  "The value does not have the form that its type demands."},
    Phrase{XMLValid::NotSameAsFixedValue,        "The value is not the one that the standard fixes."},
    Phrase{XMLValid::FixedDifferentFromActual,   "The value is not the one that the standard fixes."},
    Phrase{XMLValid::DoesNotMatchEnumList,       "The value is not one of those allowed."},
    Phrase{XMLValid::SimpleTypeHasChild,         "The element holds a value and may not hold elements."},
    Phrase{XMLValid::ProhibitedAttributePresent, "The attribute {0} is not allowed here."},
    Phrase{XMLValid::GrammarNotFound,            "The namespace is not known."},
    Phrase{XMLValid::NillNotAllowed,             "xsi:nil is not allowed here."},
    Phrase{XMLValid::BadXsiType,                 "xsi:type names an unknown type."},
    Phrase{XMLValid::NonDerivedXsiType,          "xsi:type names a type that may not stand here."},
    Phrase{XMLValid::NoUseAbstractType,          "The element needs an xsi:type."},
};

constexpr std::array kXmlPhrases{
    Phrase{XMLErrs::ExpectedEndOfTagX,           "The end tag of {0} is missing, or another one stands in its place."},
    Phrase{XMLErrs::UnterminatedStartTag,        "A start tag is not closed."},
    Phrase{XMLErrs::InvalidCharacter,            "A character is not allowed in XML."},
    Phrase{XMLErrs::InvalidCharacterInAttrValue, "A character is not allowed in an attribute."},
    Phrase{XMLErrs::EntityNotFound,              "An entity is used that is not one of XML's own five."},
    Phrase{XMLErrs::InvalidDocumentStructure,    "The document does not begin as XML."},
    Phrase{XMLErrs::EmptyMainEntity,             "The document is empty."},
    Phrase{XMLErrs::EndedWithTagsOnStack,        "The document ends before the end tag of {0}."},
    Phrase{XMLErrs::UnexpectedEOE,               "The document ends too early."},
    Phrase{XMLErrs::MoreEndThanStartTags,        "There is an end tag without a start tag."},
    Phrase{XMLErrs::AttrAlreadyUsedInSTag,       "An attribute stands twice in one start tag."},
    Phrase{XMLErrs::UnknownPrefix,               "A namespace prefix is not declared."},
    Phrase{XMLErrs::UnterminatedComment,         "A comment is not closed."},
    Phrase{XMLErrs::ContradictoryEncoding,       "The declared encoding is not the one that the bytes have."},
};
// clang-format on

/// The n-th part between apostrophes of a text of Xerces, without a namespace prefix; empty when there is none.
std::string_view quoted(std::string_view text, std::size_t n) {
  for (std::size_t i = 0;; ++i) {
    const auto begin = text.find('\'');
    if (begin == std::string_view::npos) return {};
    const auto end = text.find('\'', begin + 1);
    if (end == std::string_view::npos) return {};
    std::string_view inside = text.substr(begin + 1, end - begin - 1);
    if (i == n) {
      if (const auto colon = inside.rfind(':'); colon != std::string_view::npos) inside.remove_prefix(colon + 1);
      return inside;
    }
    text.remove_prefix(end + 1);
  }
}

std::string say(std::string_view words, std::string_view text,
                const std::function<std::string(std::string_view)>& known) {
  std::string out(words);
  for (const std::size_t n : {0u, 1u}) {
    const std::string place = fmt::format("{{{}}}", n);
    if (const auto at = out.find(place); at != std::string::npos) out.replace(at, place.size(), known(quoted(text, n)));
  }
  return out;
}

}  // namespace

Failure diagnose(const Report& report, const std::function<std::string(std::string_view)>& known) {
  // What Xerces throws itself: the input ended too soon, or its bytes are not the encoding's.
  if (!report.validity && report.code == XMLErrs::XMLException_Fatal) {
    if (report.text.find("end of input") != report.text.npos)
      return {Fault::not_well_formed, "The text breaks off before the document ends."};
    return {Fault::encoding_invalid, "The bytes are not text in the encoding that the document declares."};
  }
  const auto find = [&](const auto& phrases, std::string_view otherwise) {
    const auto found = std::ranges::find(phrases, report.code, &Phrase::code);
    return found == std::end(phrases) ? std::string(otherwise) : say(found->words, report.text, known);
  };
  if (report.validity) return {Fault::schema_invalid, find(kSchemaPhrases, "The schema is not followed.")};
  return {Fault::not_well_formed, find(kXmlPhrases, "The text is not well-formed XML.")};
}

}  // namespace varde::mappings
