#include "fhir-model/terminology/rules.h"

#include <algorithm>
#include <array>

#include "fhir-model/ucum/ucum.h"

namespace varde::terminology {
namespace {

constexpr std::size_t kLongestCode = 512;  // no tag, media type or unit of use is nearly as long

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_alpha(c) || is_digit(c); }

template <class Is>
bool all(std::string_view text, std::size_t least, std::size_t most, Is is) {
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), is);
}

/// The subtags of a language tag, taken from the front.
class Subtags {
 public:
  explicit Subtags(std::string_view tag) : rest_(tag) {}
  bool empty() const { return done_; }
  std::string_view front() const { return rest_.substr(0, rest_.find('-')); }
  void pop() {
    const auto dash = rest_.find('-');
    done_ = dash == std::string_view::npos;
    if (!done_) rest_.remove_prefix(dash + 1);
  }
  template <class Is>
  bool take(Is is) {
    if (empty() || !is(front())) return false;
    pop();
    return true;
  }

 private:
  std::string_view rest_;
  bool done_ = false;
};

bool letters(std::string_view text, std::size_t least, std::size_t most) { return all(text, least, most, is_alpha); }

/// RFC 5646, rule irregular: registered before there was a form.
constexpr std::array<std::string_view, 17> kIrregular{
    "en-GB-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak",     "i-klingon", "i-lux",    "i-mingo",
    "i-navajo",  "i-pwn", "i-tao", "i-tay",     "i-tsu",      "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE"};

bool is_private_use(Subtags tags) {
  if (!tags.take([](auto t) { return t == "x" || t == "X"; }) || tags.empty()) return false;
  while (tags.take([](auto t) { return all(t, 1, 8, is_alphanumeric); })) continue;
  return tags.empty();
}

bool is_language_tag(std::string_view code) {
  if (std::find(kIrregular.begin(), kIrregular.end(), code) != kIrregular.end()) return true;
  Subtags tags(code);
  if (is_private_use(tags)) return true;
  if (tags.take([](auto t) { return letters(t, 2, 3); })) {
    for (int i = 0; i < 3 && tags.take([](auto t) { return letters(t, 3, 3); }); ++i) continue;  // extlang
  } else if (!tags.take([](auto t) { return letters(t, 4, 8); })) {
    return false;
  }
  tags.take([](auto t) { return letters(t, 4, 4); });                            // script
  tags.take([](auto t) { return letters(t, 2, 2) || all(t, 3, 3, is_digit); });  // region
  const auto is_variant = [](std::string_view t) {
    return all(t, 5, 8, is_alphanumeric) || (all(t, 4, 4, is_alphanumeric) && is_digit(t.front()));
  };
  while (tags.take(is_variant)) continue;
  const auto is_singleton = [](std::string_view t) { return all(t, 1, 1, is_alphanumeric) && t != "x" && t != "X"; };
  const auto is_extension = [](std::string_view t) { return all(t, 2, 8, is_alphanumeric); };
  while (tags.take(is_singleton)) {
    if (!tags.take(is_extension)) return false;
    while (tags.take(is_extension)) continue;
  }
  return tags.empty() || is_private_use(tags);
}

bool is_restricted_name(std::string_view text) {
  return all(text, 1, 127,
             [](char c) {
               return is_alphanumeric(c) || std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
             }) &&
         is_alphanumeric(text.front());
}

/// type/subtype, with parameters perhaps. R4's own examples write "json" and "xml" for whole media types, so that a
/// bare name is not called wrong.
Membership is_media_type(std::string_view code) {
  const auto semicolon = code.find(';');
  auto name = code.substr(0, semicolon);
  while (!name.empty() && name.back() == ' ' && semicolon != std::string_view::npos) name.remove_suffix(1);
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return is_restricted_name(name) ? Membership::unknown : Membership::out;
  const bool parameters = semicolon == std::string_view::npos || code.find('=', semicolon) != std::string_view::npos;
  const bool well_formed =
      is_restricted_name(name.substr(0, slash)) && is_restricted_name(name.substr(slash + 1)) && parameters;
  return well_formed ? Membership::in : Membership::out;
}

bool is_uri(std::string_view code) {
  const auto colon = code.find(':');
  if (colon == std::string_view::npos || colon + 1 == code.size()) return false;
  const auto in_scheme = [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; };
  const auto allowed = [](char c) {
    return c > ' ' && c != 0x7F && std::string_view("<>\"{}|\\^`").find(c) == std::string_view::npos;
  };
  return is_alpha(code.front()) && all(code.substr(0, colon), 1, colon, in_scheme) &&
         std::all_of(code.begin(), code.end(), allowed);
}

Membership in_if(bool yes) { return yes ? Membership::in : Membership::out; }

struct Grammar {
  std::string_view system;
  Membership (*of)(std::string_view code);
};
// clang-format off
constexpr std::array kGrammars{
    Grammar{"http://unitsofmeasure.org", [](std::string_view code) { return in_if(fhir::check_unit(code).has_value()); }},
    Grammar{"urn:ietf:bcp:47",           [](std::string_view code) { return in_if(is_language_tag(code)); }},
    Grammar{"urn:ietf:bcp:13",           [](std::string_view code) { return is_media_type(code); }},
    Grammar{"urn:ietf:rfc:3986",         [](std::string_view code) { return in_if(is_uri(code)); }},
};
// clang-format on

}  // namespace

Membership by_grammar(std::string_view system, std::string_view code) {
  if (code.empty() || code.size() > kLongestCode) return Membership::out;
  const auto row =
      std::find_if(kGrammars.begin(), kGrammars.end(), [&](const Grammar& g) { return g.system == system; });
  return row == kGrammars.end() ? Membership::unknown : row->of(code);
}

Membership commensurable(std::string_view code, std::string_view unit) {
  if (code.empty() || code.size() > kLongestCode) return Membership::out;
  return in_if(fhir::convert(1, code, unit).has_value());
}

}  // namespace varde::terminology
