#include "server/search/filter.h"

#include <algorithm>
#include <array>
#include <optional>

namespace varde::search {
namespace {

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMost = 1000;  ///< conditions, one statement in all
constexpr std::array<std::string_view, 18> kOperations{"eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le",
                                                       "ap", "sa", "eb", "pr", "po", "ss", "sb", "in", "re"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_of_name(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == ':'; }

void append_utf8(std::uint32_t point, std::string& out) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) return add(0xC0 | point >> 6), add(0x80 | (point & 0x3F));
  if (point < 0x10000) return add(0xE0 | point >> 12), add(0x80 | (point >> 6 & 0x3F)), add(0x80 | (point & 0x3F));
  add(0xF0 | point >> 18), add(0x80 | (point >> 12 & 0x3F)), add(0x80 | (point >> 6 & 0x3F)),
      add(0x80 | (point & 0x3F));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<ParsedFilter> parse() {
    auto whole = filter(0);
    FHIR_TRY(whole);
    skip();
    if (at_ < text_.size()) return expected("\"and\", \"or\" or the end");
    return ParsedFilter{std::move(*whole), std::move(in_brackets_)};
  }

 private:
  tl::unexpected<Failure> expected(std::string_view what) const {
    return fail(Fault::parameter_malformed,
                "Not understood at character " + std::to_string(place()) + ": expected " + std::string(what) + ".",
                "_filter");
  }
  /// In characters, not bytes.
  std::size_t place() const {
    const std::string_view before = text_.substr(0, at_);
    return 1 + static_cast<std::size_t>(std::ranges::count_if(before, [](char c) { return (c & 0xC0) != 0x80; }));
  }
  void skip() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  /// A word that stands alone, or before a bracket.
  bool take_word(std::string_view word) {
    skip();
    if (!text_.substr(at_).starts_with(word)) return false;
    const std::size_t end = at_ + word.size();
    if (end < text_.size() && !is_blank(text_[end]) && text_[end] != '(') return false;
    at_ = end;
    return true;
  }

  Result<Filter> filter(std::size_t depth) {
    if (depth > kDeepest)
      return fail(Fault::too_costly, "A filter is nested no deeper than " + std::to_string(kDeepest) + ".", "_filter");
    auto left = term(depth);
    FHIR_TRY(left);
    while (true) {
      const bool all = take_word("and");
      if (!all && !take_word("or")) return left;
      if (++joined_ > kMost)
        return fail(Fault::too_costly, "A filter has no more than " + std::to_string(kMost) + " conditions.",
                    "_filter");
      auto right = term(depth);
      FHIR_TRY(right);
      left = joined(all ? Filter::Of::all : Filter::Of::any, std::move(*left), std::move(*right));
    }
  }
  /// `a and b and c` is one list.
  static Filter joined(Filter::Of of, Filter left, Filter right) {
    if (left.of != of) {
      Filter group{.of = of, .at = left.at};
      group.parts.push_back(std::move(left));
      left = std::move(group);
    }
    left.parts.push_back(std::move(right));
    return left;
  }
  Result<Filter> term(std::size_t depth) {
    skip();
    const std::size_t start = at_;
    const bool denied = take_word("not");
    if (take('(')) {
      auto inner = filter(depth + 1);
      FHIR_TRY(inner);
      if (!take(')')) return expected("\")\"");
      if (!denied) return inner;
      Filter out{.of = Filter::Of::none, .at = inner->at};
      out.parts.push_back(std::move(*inner));
      return out;
    }
    if (denied) at_ = start + 3;
    if (denied && (skip(), at_ == text_.size() || !is_letter(text_[at_]))) return expected("\"(\" behind \"not\"");
    at_ = start;
    return comparison(depth);
  }
  Result<Filter> comparison(std::size_t depth) {
    Filter out{.at = place()};
    FHIR_TRY(path(out.name, depth));
    if (!blank_follows()) return expected("a blank and an operation");
    skip();
    std::size_t end = at_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    out.operation = text_.substr(at_, end - at_);
    if (std::ranges::find(kOperations, out.operation) == kOperations.end())
      return expected("one of eq ne co sw ew gt lt ge le ap sa eb pr po ss sb in re");
    at_ = end;
    if (!blank_follows()) return expected("a blank and a value");
    skip();
    auto value = at_ < text_.size() && text_[at_] == '"' ? quoted() : plain();
    FHIR_TRY(value);
    out.value = std::move(*value);
    return out;
  }
  bool blank_follows() const { return at_ < text_.size() && is_blank(text_[at_]); }

  Result<void> path(std::string& name, std::size_t depth) {
    while (true) {
      if (at_ == text_.size() || !is_letter(text_[at_])) return expected("the name of a search parameter");
      while (at_ < text_.size() && is_of_name(text_[at_])) name += text_[at_++];
      const bool bracket = at_ < text_.size() && text_[at_] == '[';
      if (bracket) {
        ++at_;
        auto inner = filter(depth + 1);
        FHIR_TRY(inner);
        if (!take(']')) return expected("\"]\"");
        name += "[" + std::to_string(in_brackets_.size()) + "]";
        in_brackets_.push_back(std::move(*inner));
      }
      if (at_ < text_.size() && text_[at_] == '.') {
        name += text_[at_++];
        continue;
      }
      if (bracket) return expected("\".\" and a name behind \"]\"");
      return {};
    }
  }
  Result<std::string> plain() {
    std::string out;
    while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != ')' && text_[at_] != ']') out += text_[at_++];
    if (out.empty()) return expected("a value");
    return out;
  }
  /// A JSON string.
  Result<std::string> quoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        if (out.empty()) return expected("a value that is not empty");
        return out;
      }
      if (text_[at_] != '\\') {
        out += text_[at_];
        continue;
      }
      if (!escaped(out)) return expected("an escape as JSON has it");
    }
    return expected("\" at the end of the text");
  }
  bool escaped(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    if (++at_ == text_.size()) return false;
    if (const std::size_t found = kLetters.find(text_[at_]); found != std::string_view::npos)
      return out += kMeant[found], true;
    if (text_[at_] != 'u') return false;
    auto point = hex();
    if (!point) return false;
    if (*point >= 0xD800 && *point < 0xDC00 && text_.substr(at_ + 1, 2) == "\\u") {
      at_ += 2;
      const auto low = hex();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      point = 0x10000 + ((*point - 0xD800) << 10) + (*low - 0xDC00);
    }
    if (*point == 0 || (*point >= 0xD800 && *point < 0xE000)) return false;
    append_utf8(*point, out);
    return true;
  }
  std::optional<std::uint32_t> hex() {
    std::uint32_t out = 0;
    for (int i = 0; i < 4; ++i) {
      if (++at_ >= text_.size()) return std::nullopt;
      const char c = text_[at_];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return std::nullopt;
      out = out * 16 + static_cast<std::uint32_t>(digit);
    }
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t joined_ = 1;
  std::vector<Filter> in_brackets_;
};

}  // namespace

Result<ParsedFilter> parse_filter(std::string_view text) { return Parser(text).parse(); }

}  // namespace varde::search
