#pragma once
/// @file fhir-model/xml/narrative.h
/// Takes a narrative's div out of an XML document as text that stands on its own, as JSON keeps it.
/// Source: https://hl7.org/fhir/R4/narrative.html, https://hl7.org/fhir/R4/json.html#xhtml
#include <string>
#include <string_view>
#include <vector>
#include <xercesc/sax2/Attributes.hpp>

namespace varde::fhir::xml {

inline constexpr std::string_view kXhtml = "http://www.w3.org/1999/xhtml";

/// Fed with the events below the div. The source text is kept to the letter where it stands alone;
/// where prefixes or a namespace declared outside it would be lost, it is written anew from the events.
class NarrativeText {
 public:
  /// `offset`: where the reader stands after the tag.
  void open(std::u16string_view name, const xercesc::Attributes& attributes, std::string_view source,
            std::size_t offset);
  /// True when this closed the div.
  bool close(std::size_t offset);
  void characters(std::u16string_view text);
  void comment(std::u16string_view text);
  void note_foreign_namespace() { stands_alone_ = false; }

  /// Of a div that is closed.
  std::string text(std::string_view source) const;

 private:
  void finish_start_tag();

  std::string rebuilt_;
  std::size_t begin_ = 0, end_ = 0;
  std::vector<std::string> open_ = {};
  bool stands_alone_ = true, in_start_tag_ = false;
};

}  // namespace varde::fhir::xml
