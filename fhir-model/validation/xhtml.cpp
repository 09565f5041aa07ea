#include "fhir-model/validation/xhtml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

namespace varde::fhir {
namespace {

constexpr std::size_t kDeepest = 200;

// HTML 4.0 chapters 7-11 (without 9.4) and 15, <a>, <img>.
constexpr auto kElements = [] {
  std::array<std::string_view, 55> names{
      "a",     "abbr", "acronym", "address",  "area",  "b",     "bdo",  "big",    "blockquote", "br",  "caption",
      "cite",  "code", "col",     "colgroup", "dd",    "dfn",   "div",  "dl",     "dt",         "em",  "h1",
      "h2",    "h3",   "h4",      "h5",       "h6",    "hr",    "i",    "img",    "kbd",        "li",  "map",
      "ol",    "p",    "pre",     "q",        "samp",  "small", "span", "strong", "sub",        "sup", "table",
      "tbody", "td",   "tfoot",   "th",       "thead", "tr",    "tt",   "ul",     "var",        "ins", "del"};
  std::ranges::sort(names);
  return names;
}();

constexpr auto kAttributes = [] {
  std::array<std::string_view, 50> names{
      "abbr",        "accesskey",  "align",  "alt",     "axis",    "bgcolor", "border",   "cellhalign", "cellpadding",
      "cellspacing", "cellvalign", "char",   "charoff", "charset", "cite",    "class",    "colspan",    "compact",
      "coords",      "dir",        "frame",  "headers", "height",  "href",    "hreflang", "hspace",     "id",
      "lang",        "longdesc",   "name",   "noshade", "nowrap",  "rel",     "rev",      "rowspan",    "rules",
      "scope",       "shape",      "size",   "span",    "src",     "start",   "style",    "summary",    "tabindex",
      "title",       "type",       "usemap", "valign",  "value"};
  std::ranges::sort(names);
  return names;
}();
constexpr std::array<std::string_view, 4> kMoreAttributes{"vspace", "width", "xml:lang", "xml:space"};

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 && !is_space(c); }
constexpr std::string_view kControl = "Narrative XHTML holds a control character.";
constexpr bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '-' ||
         c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

bool contains_ignoring_case(std::string_view text, std::string_view lower) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; };
  const auto same = [&](char a, char b) { return fold(a) == b; };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

class Checker {
 public:
  enum class Asks : std::uint8_t { all, well_formed };
  Checker(std::string_view text, Asks asks) : text_(text), asks_(asks) {}

  std::string_view problem() {
    skip_space();
    if (peek() != '<' || peek(1) == '!' || peek(1) == '?') return "Narrative XHTML starts with a div element.";
    while (at_ < text_.size() && problem_.empty()) {
      if (peek() == '<')
        markup();
      else
        characters();
    }
    if (!problem_.empty()) return problem_;
    if (!open_.empty()) return "Narrative XHTML has an element that is not closed.";
    return content_ || asks_ == Asks::well_formed ? std::string_view{}
                                                  : "Narrative XHTML needs some text or an image (txt-2).";
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool stands(std::string_view wanted) const { return text_.substr(at_).starts_with(wanted); }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  void refuse(std::string_view why) {
    if (problem_.empty()) problem_ = why;
  }
  /// Well-formed, but not allowed.
  void forbid(std::string_view why) {
    if (asks_ == Asks::all) refuse(why);
  }
  std::string_view name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  /// Past `close`, from a place after the opening.
  void skip_past(std::string_view close) {
    const std::size_t found = text_.find(close, at_);
    if (found == std::string_view::npos) return refuse("Narrative XHTML has a comment or section that is not closed.");
    const std::string_view inside = text_.substr(at_, found - at_);
    if (close == "-->" && (inside.find("--") != std::string_view::npos || inside.ends_with('-')))
      return refuse("Narrative XHTML is not well-formed: -- inside a comment.");
    if (std::ranges::any_of(inside, is_control)) return refuse(kControl);
    at_ = found + close.size();
  }

  void characters() {
    if (open_.empty() && !is_space(peek())) return refuse("Narrative XHTML has text outside its div.");
    if (peek() == '&') return entity();
    if (is_control(peek())) return refuse(kControl);
    if (stands("]]>")) return refuse("Narrative XHTML is not well-formed: ]]> in text.");
    content_ = content_ || !is_space(peek());
    ++at_;
  }

  /// &amp; &lt; &gt; &quot; &apos; &#160; &#xA0;
  void entity() {
    const std::size_t end = text_.find(';', at_);
    const std::string_view name = text_.substr(at_ + 1, end == std::string_view::npos ? 0 : end - at_ - 1);
    constexpr std::array<std::string_view, 5> kXml{"amp", "lt", "gt", "quot", "apos"};
    if (std::ranges::find(kXml, name) == kXml.end() && !is_xml_character(name))
      return refuse(
          "Narrative XHTML has an & that starts no XML entity; HTML entities such as &nbsp; are written as "
          "the character itself or as &#160;.");
    content_ = true;
    at_ = end + 1;
  }

  /// #160, #xA0: a character that XML 1.0 can hold.
  static bool is_xml_character(std::string_view reference) {
    if (!reference.starts_with('#') || reference.size() < 2 || reference.size() > 8) return false;
    reference.remove_prefix(1);
    const int base = reference.front() == 'x' ? 16 : 10;
    if (base == 16) reference.remove_prefix(1);
    std::uint32_t code = 0;
    const char* end = reference.data() + reference.size();
    const auto [stop, error] = std::from_chars(reference.data(), end, code, base);
    if (error != std::errc() || stop != end) return false;
    return code == 9 || code == 10 || code == 13 || (code >= 0x20 && code < 0xD800) ||
           (code >= 0xE000 && code < 0xFFFE) || (code >= 0x10000 && code < 0x110000);
  }

  void markup() {
    if (stands("<!--")) {
      at_ += 4;
      return skip_past("-->");
    }
    if (stands("<![CDATA[") && !open_.empty()) {
      content_ = true;
      return skip_past("]]>");
    }
    if (stands("<!") || stands("<?"))
      return refuse("Narrative XHTML may not hold declarations or processing instructions.");
    if (stands("</")) return end_tag();
    start_tag();
  }

  void end_tag() {
    at_ += 2;
    const std::string_view closed = name();
    skip_space();
    if (peek() != '>' || open_.empty() || open_.back() != closed)
      return refuse("Narrative XHTML is not well-formed: an end tag does not close the element last opened.");
    ++at_;
    open_.pop_back();
  }

  void start_tag() {
    ++at_;
    const std::string_view element = name();
    if (open_.empty() && (root_seen_ || element != "div"))
      return refuse("Narrative XHTML is one div element, with nothing before or after it.");
    root_seen_ = true;
    if (element.empty() || element.find(':') != std::string_view::npos)
      return refuse("Narrative XHTML is not well-formed: an element's name is missing or has a prefix.");
    if (!std::ranges::binary_search(kElements, element))
      forbid(
          "Narrative XHTML may hold only formatting, lists, tables, links and images (txt-1): no scripts, "
          "forms, frames, objects or style sheets.");
    if (element == "img") content_ = true;
    const bool root = open_.empty();
    bool namespace_seen = false;
    std::vector<std::string_view> seen;
    while (problem_.empty()) {
      const bool spaced = is_space(peek());
      skip_space();
      if (peek() == '>' || peek() == '/' || at_ >= text_.size()) break;
      if (!spaced) return refuse("Narrative XHTML is not well-formed: attributes stand apart by white space.");
      attribute(element, seen, namespace_seen);
    }
    if (!problem_.empty()) return;
    if (root && !namespace_seen) return refuse("The div of a narrative needs xmlns=\"http://www.w3.org/1999/xhtml\".");
    if (stands("/>")) {
      at_ += 2;
    } else if (peek() == '>') {
      ++at_;
      open_.push_back(element);
      if (open_.size() > kDeepest) refuse("Narrative XHTML nests too deeply.");
    } else {
      refuse("Narrative XHTML is not well-formed: a start tag is not closed.");
    }
  }

  void attribute(std::string_view element, std::vector<std::string_view>& seen, bool& namespace_seen) {
    const std::string_view attribute = name();
    skip_space();
    const bool declares = attribute == "xmlns" || (attribute.starts_with("xmlns:") && attribute.size() > 6);
    const bool prefixed = attribute.find(':') != std::string_view::npos && !attribute.starts_with("xml:") && !declares;
    if (attribute.empty() || prefixed || peek() != '=')
      return refuse("Narrative XHTML is not well-formed: an attribute needs a name, = and a value in quotes.");
    ++at_;
    skip_space();
    const char quote = peek();
    const std::size_t end = quote == '"' || quote == '\'' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) return refuse("Narrative XHTML is not well-formed: a value needs quotes.");
    const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
    if (std::ranges::find(seen, attribute) != seen.end())
      return refuse("Narrative XHTML is not well-formed: an attribute stands twice.");
    seen.push_back(attribute);
    if (attribute == "xmlns") {
      namespace_seen = true;
      if (value != "http://www.w3.org/1999/xhtml") forbid("Narrative XHTML may not use another namespace.");
    } else if (declares) {  // of a prefix that nothing uses: an element or attribute with one is refused
      if (value.empty()) refuse("Narrative XHTML is not well-formed: a prefix is declared for no namespace.");
    } else {
      allowed(element, attribute, value);
    }
    if (std::ranges::any_of(value, is_control)) refuse(kControl);
    if (value.find('<') != std::string_view::npos) refuse("Narrative XHTML is not well-formed: < in an attribute.");
    for (at_ = at_ + 1; at_ < end && problem_.empty();)
      if (peek() == '&') {
        const bool content = content_;
        entity();
        content_ = content;
      } else {
        ++at_;
      }
    at_ = end + 1;
  }

  void allowed(std::string_view element, std::string_view attribute, std::string_view value) {
    if (!std::ranges::binary_search(kAttributes, attribute) &&
        std::ranges::find(kMoreAttributes, attribute) == kMoreAttributes.end())
      return forbid(
          "Narrative XHTML holds an attribute that formatting does not need, such as one for events (txt-1).");
    const bool address = attribute == "href" || attribute == "src" || attribute == "cite" || attribute == "longdesc";
    // Entities could hide the colon of javascript: from this look, so none may stand where the scheme is.
    if (address && (contains_ignoring_case(value, "script:") ||
                    value.substr(0, value.find_first_of("/?")).find("&#") != std::string_view::npos))
      return forbid("Narrative XHTML may not run scripts from an address.");
    if (attribute == "href" && contains_ignoring_case(value.substr(0, 5), "data:"))
      return forbid("Narrative XHTML may link to a page or an anchor, not to data.");
    if (attribute == "style" &&
        (contains_ignoring_case(value, "expression(") || contains_ignoring_case(value, "@import")))
      return forbid("Styles in narrative XHTML may not fetch or compute anything.");
    if (attribute == "src" && element != "img") forbid("Only an image has a source in narrative XHTML.");
  }

  std::string_view text_;
  Asks asks_;
  std::size_t at_ = 0;
  std::vector<std::string_view> open_;
  bool root_seen_ = false, content_ = false;
  std::string_view problem_;
};

}  // namespace

bool has_noncharacter(std::string_view text) {
  for (std::size_t at = text.find("\xEF\xBF"); at != std::string_view::npos; at = text.find("\xEF\xBF", at + 1))
    if (at + 2 < text.size() && static_cast<unsigned char>(text[at + 2]) >= 0xBE) return true;
  return false;
}

std::string_view narrative_problem(std::string_view xhtml) {
  if (has_noncharacter(xhtml)) return "A narrative holds no U+FFFE or U+FFFF, which XML cannot hold (txt-1).";
  return Checker(xhtml, Checker::Asks::all).problem();
}
bool is_well_formed_xhtml(std::string_view xhtml) {
  return !has_noncharacter(xhtml) && Checker(xhtml, Checker::Asks::well_formed).problem().empty();
}

}  // namespace varde::fhir
