#include "fhir-model/xml/narrative.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "fhir-model/xml/escape.h"
#include "fhir-model/xml/utf8.h"

namespace varde::fhir::xml {
namespace {

std::string_view without_prefix(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// The code of a reference such as &#39; or &#xE5; at the front, and its length; 0 when there is none.
std::pair<char32_t, std::size_t> character_reference(std::string_view text) {
  if (!text.starts_with("&#")) return {};
  const std::size_t end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos) return {};
  const int base = text[2] == 'x' ? 16 : 10;
  std::uint32_t code = 0;
  const char* first = text.data() + (base == 16 ? 3 : 2);
  const auto [stop, error] = std::from_chars(first, text.data() + end, code, base);
  if (error != std::errc() || stop != text.data() + end) return {};
  return {code, end + 1};
}

/// The source text, with characters in place of the references that XML does not need, and \n for every line end
/// (https://www.w3.org/TR/xml/#sec-line-ends).
std::string as_kept_in_json(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  bool in_tag = false;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const char c = source[i];
    if (c == '<') in_tag = true;
    if (c == '>') in_tag = false;
    if (c == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
      continue;
    }
    const auto [code, length] = character_reference(source.substr(i));
    const bool needed = (code < 0x20 && (code != '\r' || in_tag)) || code == '<' || code == '>' || code == '&' ||
                        code == '"' || (code == '\'' && in_tag);
    if (length == 0 || needed) {
      out += c;
      continue;
    }
    append_code_point(code, out);
    i += length - 1;
  }
  return out;
}

}  // namespace

void NarrativeText::finish_start_tag() {
  if (in_start_tag_) rebuilt_ += '>';
  in_start_tag_ = false;
}

void NarrativeText::open(std::u16string_view name, const xercesc::Attributes& attributes, std::string_view source,
                         std::size_t offset) {
  finish_start_tag();
  const std::string qualified = to_utf8(name);
  const std::string local(without_prefix(qualified));
  if (local != qualified) stands_alone_ = false;
  const bool root = open_.empty();
  if (root) {
    // An attribute's value holds no '<', so the last one before here began this tag.
    begin_ = offset == 0 || offset > source.size() ? 0 : source.rfind('<', offset - 1);
    if (begin_ == std::string_view::npos) begin_ = 0;
  }
  bool declared = false;
  rebuilt_.append("<").append(local);
  if (root) rebuilt_.append(" xmlns=\"").append(kXhtml).append("\"");
  for (XMLSize_t i = 0; i < attributes.getLength(); ++i) {
    const std::string attribute = to_utf8(attributes.getQName(i));
    const std::string value = to_utf8(attributes.getValue(i));
    if (attribute == "xmlns") {
      declared = value == kXhtml;
      continue;
    }
    if (attribute.starts_with("xmlns:")) continue;
    rebuilt_.append(" ").append(attribute).append("=\"");
    append_escaped(value, Escape::attribute, rebuilt_);
    rebuilt_ += '"';
  }
  if (root && !declared) stands_alone_ = false;
  in_start_tag_ = true;
  open_.push_back(local);
}

bool NarrativeText::close(std::size_t offset) {
  if (in_start_tag_)
    rebuilt_ += "/>";
  else
    rebuilt_.append("</").append(open_.back()).append(">");
  in_start_tag_ = false;
  open_.pop_back();
  end_ = offset;
  return open_.empty();
}

void NarrativeText::characters(std::u16string_view text) {
  finish_start_tag();
  append_escaped(to_utf8(text), Escape::text, rebuilt_);
}

void NarrativeText::comment(std::u16string_view text) {
  finish_start_tag();
  rebuilt_.append("<!--").append(to_utf8(text)).append("-->");
}

std::string NarrativeText::text(std::string_view source) const {
  const bool usable =
      stands_alone_ && begin_ < end_ && end_ <= source.size() && source[begin_] == '<' && source[end_ - 1] == '>';
  if (!usable) return rebuilt_;
  return as_kept_in_json(source.substr(begin_, end_ - begin_));
}

}  // namespace varde::fhir::xml
