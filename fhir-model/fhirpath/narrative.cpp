#include "fhir-model/fhirpath/narrative.h"

#include <algorithm>
#include <array>
#include <vector>

namespace varde::fhirpath {
namespace {

using Text = std::string_view;

constexpr std::array<Text, 71> kElements{
    "a",    "abbr", "acronym", "address", "b",   "bdo",  "big",  "blockquote", "br",     "caption", "center", "cite",
    "code", "col",  "colgroup", "dd",     "del", "dfn",  "dir",  "div",        "dl",     "dt",      "em",     "font",
    "h1",   "h2",   "h3",      "h4",      "h5",  "h6",   "hr",   "i",          "img",    "ins",     "kbd",    "li",
    "map",  "area", "menu",    "ol",      "p",   "pre",  "q",    "s",          "samp",   "small",   "span",   "strike",
    "strong", "sub", "sup",    "table",   "tbody", "td", "tfoot", "th",        "thead",  "tr",      "tt",     "u",
    "ul",   "var",  "label",   "legend",  "section", "article", "aside", "details", "summary", "figure", "figcaption"};

constexpr std::array<Text, 50> kAttributes{
    "abbr",   "accesskey", "align",  "alt",     "axis",   "bgcolor", "border", "cellhalign", "cellpadding", "cellspacing",
    "cellvalign", "char",  "charoff", "charset", "cite",  "class",   "colspan", "compact",   "coords",      "dir",
    "frame",  "headers",   "height", "href",    "hreflang", "hspace", "id",    "lang",      "longdesc",    "name",
    "nowrap", "rel",       "rev",    "rowspan", "rules",  "scope",   "shape",  "size",      "span",        "src",
    "start",  "style",     "summary", "tabindex", "title", "type",   "valign", "value",     "vspace",      "width"};

constexpr Text kBlank = " \t\r\n";

Text take_name(Text& rest) {
  const std::size_t end = std::min(rest.find_first_of(" \t\r\n/>="), rest.size());
  const Text name = rest.substr(0, end);
  rest.remove_prefix(end);
  return name;
}

void skip_blank(Text& rest) { rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size())); }

bool is_allowed(Text name, Text value) {
  if (name == "xmlns") return value == "http://www.w3.org/1999/xhtml";
  if (name == "xml:lang" || name == "xml:space") return true;
  if (name == "href" || name == "src") {
    const Text scheme = value.substr(0, value.find(':'));
    if (scheme.size() < value.size() && scheme != "http" && scheme != "https" && scheme != "mailto" && scheme != "tel" &&
        scheme != "data" && scheme.find_first_of("/#?") == Text::npos)
      return false;
  }
  return std::ranges::count(kAttributes, name) > 0;
}

/// Attributes up to the end of a tag; false when one is not allowed or not well formed.
bool take_attributes(Text& rest) {
  for (;;) {
    skip_blank(rest);
    if (rest.empty()) return false;
    if (rest.front() == '>' || rest.starts_with("/>")) return true;
    const Text name = take_name(rest);
    skip_blank(rest);
    if (name.empty() || !rest.starts_with('=')) return false;
    rest.remove_prefix(1);
    skip_blank(rest);
    if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return false;
    const std::size_t close = rest.find(rest.front(), 1);
    if (close == Text::npos) return false;
    const Text value = rest.substr(1, close - 1);
    if (value.find('<') != Text::npos || !is_allowed(name, value)) return false;
    rest.remove_prefix(close + 1);
  }
}

}  // namespace

bool is_narrative(Text rest) {
  std::vector<Text> open;
  bool has_content = false, closed = false;
  skip_blank(rest);
  while (!rest.empty()) {
    const std::size_t tag = std::min(rest.find('<'), rest.size());
    const bool text = rest.substr(0, tag).find_first_not_of(kBlank) != Text::npos;
    if (text && open.empty()) return false;
    has_content |= text;
    rest.remove_prefix(tag);
    if (rest.empty()) break;
    if (rest.starts_with("<!--")) {
      const std::size_t end = rest.find("-->");
      if (end == Text::npos) return false;
      rest.remove_prefix(end + 3);
      continue;
    }
    rest.remove_prefix(1);
    if (rest.starts_with('/')) {
      rest.remove_prefix(1);
      const Text name = take_name(rest);
      skip_blank(rest);
      if (open.empty() || open.back() != name || !rest.starts_with('>')) return false;
      rest.remove_prefix(1);
      open.pop_back();
      closed |= open.empty();
      continue;
    }
    const Text name = take_name(rest);
    if (closed || (open.empty() && name != "div") || std::ranges::count(kElements, name) == 0) return false;
    if (!take_attributes(rest)) return false;
    has_content |= name == "img";
    const bool empty_element = rest.front() == '/';
    rest.remove_prefix(empty_element ? 2 : 1);
    if (!empty_element) open.push_back(name);
    closed |= empty_element && open.empty();
  }
  return closed && open.empty() && has_content;
}

}  // namespace varde::fhirpath
